import { describe, expect, it } from 'vitest'
import { bodyOf, deedWords, isSame, isSpent, kindWords, KINDS, oftenWords, placeWords, readFault, readFaults, struckWords, type Fault } from './faults'

const TOLD = { id: 3, machine: 'order', state: 'Pay', do: 'lose_answer', times: 2, probability: 1, seed: 0, struck: 1 }
const FAULT: Fault = { machine: 'order', state: 'Pay', deed: { kind: 'abort' }, times: null, probability: 1 }

describe('a fault', () => {
  it('is read as the engine tells it', () => {
    expect(readFault(TOLD)).toEqual({ id: 3, machine: 'order', state: 'Pay', deed: { kind: 'lose_answer' }, times: 2, probability: 1, struck: 1 })
    expect(readFault({ ...TOLD, do: { fail: { error: 'Busy' } } })?.deed).toEqual({ kind: 'fail', error: 'Busy', cause: '' })
    expect(readFault({ ...TOLD, do: { delay: { seconds: 5 } } })?.deed).toEqual({ kind: 'delay', seconds: 5 })
  })

  it('that this page does not know is counted all the same', () => {
    expect(readFaults([TOLD, { ...TOLD, do: 'explode' }, { ...TOLD, do: 'fail' }, null])).toMatchObject({ faults: [{ id: 3 }], unknown: 3 })
    expect(readFaults(undefined)).toEqual({ faults: [], unknown: 0 })
  })

  it('is asked for in the shape that is read, with no more than was chosen', () => {
    expect(bodyOf(FAULT)).toEqual({ machine: 'order', state: 'Pay', do: 'abort' })
    expect(bodyOf({ ...FAULT, deed: { kind: 'delay', seconds: 9 }, times: 1, probability: 0.5 })).toEqual({ machine: 'order', state: 'Pay', do: { delay: { seconds: 9 } }, times: 1, probability: 0.5 })
    for (const { kind } of KINDS) {
      const deed = kind === 'fail' ? { kind, error: 'E', cause: 'c' } : kind === 'delay' ? { kind, seconds: 1 } : { kind }
      const read = readFault({ ...bodyOf({ ...FAULT, deed }), id: 1, struck: 0 })
      expect(read === null ? null : isSame(read, { ...FAULT, deed })).toBe(true)
    }
    expect(isSame(FAULT, { ...FAULT, times: 1 })).toBe(false)
  })

  it('is told in words', () => {
    expect(placeWords('*', '*')).toBe('every state of every machine')
    expect(placeWords('order', 'Pay')).toBe('Pay of order')
    expect([deedWords({ kind: 'fail', error: 'Busy', cause: '' }), deedWords({ kind: 'delay', seconds: 90 })]).toEqual(['It fails with Busy', 'It is slow: asked 1 min 30 s later'])
    expect(oftenWords(FAULT)).toBe('each time')
    expect(oftenWords({ ...FAULT, times: 1 })).toBe('once')
    expect(oftenWords({ ...FAULT, times: 3, probability: 0.125 })).toBe('3 times, by a chance of 12.5 %')
    expect(KINDS.every(({ kind }) => kindWords(kind).protects !== '')).toBe(true)
  })

  it('that has struck as often as it may says so', () => {
    const set = { ...FAULT, id: 1, struck: 0 }
    expect(struckWords(set)).toBe('It has not struck yet.')
    expect(struckWords({ ...set, struck: 1, times: 3 })).toBe('It has struck once of 3.')
    expect([isSpent({ ...set, struck: 9 }), isSpent({ ...set, struck: 1, times: 1 })]).toEqual([false, true])
    expect(struckWords({ ...set, struck: 1, times: 1 })).toBe('It has struck, and strikes no more.')
    expect(struckWords({ ...set, struck: 3, times: 3 })).toContain('all 3 times')
  })
})
