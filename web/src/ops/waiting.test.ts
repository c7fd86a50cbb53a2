import { describe, expect, it } from 'vitest'
import type { Waiting } from '../viewer/run/waiting'
import { readRun } from '../viewer/run/read-run'
import { effectsOf, historyOf } from './fixtures'
import { mayBuyer, ownWaiting, stopWords } from './waiting'

const run = readRun(historyOf('AwaitPayment'), null)
function waiting(differing: Partial<Waiting> = {}): Waiting {
  return {
    visit: run.visits[0]?.id ?? 0, place: '/AwaitPayment', name: 'AwaitPayment', iterations: [], kind: 'token', sinceMs: 9_000, untilMs: null, isLatest: false,
    retry: null, call: null, worker: null, childArn: null, mapRunArn: null, error: null, limits: [{ of: 'task', atMs: 950_000, isEarliest: false }], ...differing,
  }
}

describe('what is awaited', () => {
  it('ends when the hold does, and not when the state’s own time does', () => {
    expect(ownWaiting('order', waiting(), run, effectsOf({ expiresMs: 700_000 }), 10_000)).toMatchObject({ short: 'Waits for payment', untilMs: 700_000 })
  })

  it('says who can end it', () => {
    const words = (isYours: boolean) => ownWaiting('order', waiting(), run, effectsOf({ isYours }), 10_000)?.words
    expect(words(true)).toMatch(/^You can pay or cancel until /)
    expect(words(false)).toMatch(/^Only its buyer can pay or cancel until /)
  })

  it('does not speak of paying once the hold is over', () => {
    expect(ownWaiting('order', waiting(), run, effectsOf({ expiresMs: 5_000 }), 10_000)?.words).toMatch(/^The hold ended at .* gives the ticket back\.$/)
  })

  it('leaves to the viewer what is nothing of ours', () => {
    expect(ownWaiting('order', waiting({ kind: 'retry', error: 'Transient' }), run, undefined, 10_000)).toBeNull()
    expect(ownWaiting('order', waiting({ name: 'IsAnythingShort' }), run, undefined, 10_000)).toBeNull()
    expect(ownWaiting('order', waiting({ kind: 'retry', name: 'ChargePayment', error: 'PaymentOutcomeUnknown' }), run, undefined, 10_000)?.words).toMatch(/nothing is charged twice/)
  })
})

describe('what can be done about it', () => {
  it('is the buyer’s alone, while the order is held', () => {
    expect(mayBuyer(effectsOf({ isYours: true }), 10_000)).toEqual({ pay: true, cancel: true })
    expect(mayBuyer(effectsOf({ isYours: false }), 10_000)).toEqual({ pay: false, cancel: false })
    expect(mayBuyer(effectsOf({ isYours: true, status: 'paying' }), 10_000)).toEqual({ pay: false, cancel: false })
    expect(mayBuyer(effectsOf({ isYours: true, status: 'gathering' }), 10_000)).toEqual({ pay: false, cancel: true })
    expect(mayBuyer(effectsOf({ isYours: true, expiresMs: 9_000 }), 10_000)).toEqual({ pay: false, cancel: false })
  })

  it('is nothing that the time decides, while that is not known', () => {
    expect(mayBuyer(effectsOf({ isYours: true }), null)).toEqual({ pay: false, cancel: false })
    expect(mayBuyer(effectsOf({ isYours: true, status: 'gathering' }), null)).toEqual({ pay: false, cancel: true })
  })

  it('says when an order that is stopped is entered again', () => {
    expect(stopWords('order', effectsOf({ dueMs: 939_000 }), 10_000)?.join(' ')).toMatch(/a minute or so after /)
    expect(stopWords('order', effectsOf({ dueMs: 9_000 }), 10_000)?.join(' ')).toMatch(/within a minute or two/)
    expect(stopWords('hold-order', undefined, 10_000)).toBeNull()
  })
})
