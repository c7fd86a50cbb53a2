import { describe, expect, it } from 'vitest'
import type { SetFault } from '../viewer/local/faults'
import { unusualWords } from './unusual'

const fault = (struck: number, times: number | null): SetFault => ({ id: 1, machine: 'm', state: 's', deed: { kind: 'abort' }, times, probability: 1, struck })
const clock = (aheadS: number) => ({ now: 0, aheadS, notes: [] })
const conditions = { declinesCards: false, marketIsScarce: false, notes: [] }

describe('an unusual world', () => {
  it('is not one where nothing is set', () => {
    expect(unusualWords(undefined, undefined, undefined)).toBeNull()
    expect(unusualWords({ faults: [], unknown: 0 }, conditions, clock(0.2))).toBeNull()
  })

  it('is told in one sentence', () => {
    expect(unusualWords({ faults: [fault(0, 1)], unknown: 0 }, conditions, clock(900))).toBe('On this machine: 1 fault is set and the clock is 15 minutes ahead.')
    expect(unusualWords({ faults: [fault(0, null)], unknown: 1 }, { ...conditions, declinesCards: true, marketIsScarce: true }, undefined)).toBe(
      'On this machine: 2 faults are set, every card is declined, and the market is scarce.',
    )
  })

  it('is usual again when a fault strikes no more', () => {
    expect(unusualWords({ faults: [fault(1, 1)], unknown: 0 }, undefined, undefined)).toBeNull()
  })
})
