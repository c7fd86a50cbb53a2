import { describe, expect, it } from 'vitest'
import type { Queue } from './calls'
import { ageWords, goesOn, inOrder, outcomeWords, previewOf, reasonWords, sumWords, verdictWords, whyOf } from './words'

function queue(name: string, letters: number | null, more: Partial<Queue> = {}): Queue {
  const deadLetters = letters === null ? null : { name: `${name}-dead`, url: `http://h/${name}-dead`, depth: letters }
  return { name, url: `http://h/${name}`, depth: 0, inFlight: 0, delayed: 0, oldestAgeS: null, deadLetters, feeds: 'ship', ...more }
}

describe('queues', () => {
  it('with dead letters come first, and the others stay where they were', () => {
    const queues = [queue('a', 0), queue('b', 2), queue('c', null), queue('d', 1)]
    expect(inOrder(queues).map(({ name }) => name)).toEqual(['b', 'd', 'a', 'c'])
  })

  it('say in one sentence what is stuck', () => {
    expect(verdictWords([queue('a', 0)])).toBe('No message is stuck.')
    expect(verdictWords([queue('a', 0), queue('c', null)])).toContain('as far as')
    expect(verdictWords([queue('a', 1), queue('b', 0)])).toBe('1 dead letter of a.')
    expect(verdictWords([queue('a', 1), queue('b', 2)])).toBe('3 dead letters of 2 queues.')
  })

  it('tell an age that nobody knows from a queue that is empty', () => {
    expect(ageWords(queue('a', 0))).toBe('none waits')
    expect(ageWords(queue('a', 0, { inFlight: 1 }))).toBe('nobody knows')
    expect(ageWords(queue('a', 0, { depth: 1, oldestAgeS: 125 }))).toBe('2 min 5 s')
  })
})

describe('why a message is stuck', () => {
  it('is what its body says went wrong', () => {
    expect(whyOf('{"error": "Declined", "cause": "no funds"}')).toBe('Declined: no funds')
    expect(whyOf('{"request": {"a": 1}, "response": {"errorType": "X", "errorMessage": "table is busy"}}')).toBe('table is busy')
    expect(whyOf('{"Message": "{\\"errorMessage\\": \\"within\\"}"}')).toBe('within')
    expect(whyOf('{"cause": "{\\"errorMessage\\": \\"meant\\"}"}')).toBe('meant')
  })

  it('is not made up where the body says nothing', () => {
    expect([whyOf('{"order_id": "ord_1"}'), whyOf('plain'), whyOf('[1]'), whyOf('{"error": null}')]).toEqual([null, null, null, null])
    expect(reasonWords('{}', 'ship')).toContain('ship received it')
    expect(reasonWords('{"reason": "late"}', 'ship')).toBe('It says: late')
  })
})

describe('a redrive', () => {
  const dry = (count: number, isAll: boolean) => ({
    queue: 'parcels',
    feeds: 'ship',
    dryRun: true,
    letters: Array.from({ length: count }, (_, place) => ({ messageId: String(place), outcome: 'wouldMove' })),
    isAll,
    notes: [],
  })

  it('is told before: what would move, to whom, and what protects against doubles', () => {
    const one = previewOf(dry(1, true))
    expect(one.moves).toBe('One letter would be sent to parcels again, where ship receives it next.')
    expect(one.confirm).toBe('Redrive it')
    expect(one.protects.join(' ')).toContain('sent first')
    const some = previewOf(dry(50, false))
    expect([some.title, some.confirm]).toEqual(['Redrive all letters?', 'Redrive all'])
    expect(some.moves).toContain('50 at a time')
    expect(previewOf(dry(3, true)).confirm).toBe('Redrive these 3')
  })

  it('of all goes on with the rest, until something stands in the way', () => {
    const answer = (isAll: boolean, ...outcomes: string[]) => ({ ...dry(0, isAll), letters: outcomes.map((outcome) => ({ messageId: 'm', outcome })) })
    expect(goesOn(answer(false, 'moved', 'moved'))).toBe(true)
    expect([answer(true, 'moved'), answer(false), answer(false, 'moved', 'kept'), answer(false, 'doubled')].map(goesOn)).toEqual([false, false, false, false])
  })

  it('is told afterwards, letter by letter and in all', () => {
    expect(outcomeWords('moved', null, 'ship')).toBe('moved: ship receives it next')
    expect(outcomeWords('kept', 'the time was over', 'ship')).toBe('not moved (the time was over): it is a dead letter as before, and can be redriven again')
    expect(outcomeWords('doubled', 'lost', 'ship')).toContain('in both')
    expect(outcomeWords('vanished', null, 'ship')).toBe('vanished')
    const letters = ['moved', 'kept', 'moved', 'doubled'].map((outcome) => ({ messageId: 'm', outcome }))
    expect(sumWords(letters)).toBe('2 moved, 1 in both queues, 1 not moved.')
    expect(sumWords([])).toBe('No letter was there to be moved.')
  })
})
