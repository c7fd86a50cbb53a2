import { describe, expect, it } from 'vitest'
import { aheadWords, passOf, spanWords } from './time'

describe('time that is let pass', () => {
  it('is told in the two largest units', () => {
    expect([900, 60, 1, 3_900, 90_061, 86_400, 59.6, 0].map(spanWords)).toEqual(['15 minutes', '1 minute', '1 second', '1 hour 5 minutes', '1 day 1 hour', '1 day', '1 minute', '0 seconds'])
    expect(spanWords(3_605)).toBe('1 hour')
  })

  it('puts the clock ahead, or does not', () => {
    expect([aheadWords(900.4), aheadWords(0.4), aheadWords(0)]).toEqual(['15 minutes ahead', null, null])
  })

  it('is at least a minute and at most a day', () => {
    expect(['15', ' 1 ', '1440', '1441', '0', '-1', '1.5', ''].map(passOf)).toEqual([900, 60, 86_400, null, null, null, null, null])
  })
})
