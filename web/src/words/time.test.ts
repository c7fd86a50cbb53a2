import { describe, expect, it } from 'vitest'
import { countdown, spoken } from './time'

describe('time left', () => {
  it('is rounded up, so that nothing is over before it is', () => {
    expect(countdown(900_000)).toBe('15:00')
    expect(countdown(899_001)).toBe('15:00')
    expect(countdown(61_000)).toBe('1:01')
    expect(countdown(1)).toBe('0:01')
    expect(countdown(0)).toBe('0:00')
    expect(countdown(-5_000)).toBe('0:00')
    expect(countdown(3_723_000)).toBe('1:02:03')
  })

  it('is said in words', () => {
    expect(spoken(90_000)).toBe('1 minute 30 seconds')
    expect(spoken(120_000)).toBe('2 minutes')
    expect(spoken(1_000)).toBe('1 second')
    expect(spoken(0)).toBe('0 seconds')
  })
})
