import { describe, expect, it } from 'vitest'
import { mayChange } from './books'
import { effectsOf } from './fixtures'

describe('the books of an order', () => {
  it('may change while it runs, and before they are read after it ended badly', () => {
    expect(mayChange({ status: 'RUNNING' }, effectsOf({ status: 'completed', dueMs: null }))).toBe(true)
    expect(mayChange({ status: 'ABORTED' }, undefined)).toBe(true)
    expect(mayChange(undefined, undefined)).toBe(false)
    expect(mayChange({ status: 'SUCCEEDED' }, undefined)).toBe(false)
  })

  it('may change after its execution ended badly, until the order has ended and nobody looks at it again', () => {
    for (const status of ['FAILED', 'ABORTED', 'TIMED_OUT'] as const) {
      expect(mayChange({ status }, effectsOf({ status: 'stuck', dueMs: null }))).toBe(true)
      expect(mayChange({ status }, effectsOf({ status: 'completed', dueMs: 900_000 }))).toBe(true)
      expect(mayChange({ status }, effectsOf({ status: 'expired', dueMs: null }))).toBe(false)
    }
    expect(mayChange({ status: 'SUCCEEDED' }, effectsOf({ status: 'completed', dueMs: null }))).toBe(false)
  })
})
