import { describe, expect, it } from 'vitest'
import { readRun } from '../viewer/run/read-run'
import { effectsOf, historyOf } from './fixtures'
import type { Effect } from './told'
import { machinesWith, sentBy, wroteBy, wroteIn } from './wrote'

function effect(state: string | null, atMs: number, differing: Partial<Effect> = {}): Effect {
  return { state, kind: 'order', what: 'Something.', amount: null, at: new Date(atMs).toISOString(), undoneBy: null, link: null, ...differing }
}

/** `ChargePayment` from 9.0 to 9.5 s. */
const run = readRun(historyOf('ChargePayment', 'ExecutionSucceeded'), null)

describe('what was written', () => {
  it('stands with the state that wrote it, in the time of its visit', () => {
    const effects = effectsOf({ effects: [effect('LockTicket', 8_000), effect('ChargePayment', 9_200, { kind: 'charge', amount: 4_500 }), effect('ChargePayment', 60_000), effect(null, 9_100)] })
    const wrote = wroteBy(run, effects)
    expect(wrote.here.map(({ state, rows }) => [state, rows.map(({ index }) => index)])).toEqual([['ChargePayment', [1]]])
    expect(wrote.elsewhere.map(({ state, rows }) => [state, rows.map(({ index }) => index)])).toEqual([['LockTicket', [0]], ['ChargePayment', [2]], [null, [3]]])
  })

  it('knows what it undid, and what undid it', () => {
    const effects = effectsOf({ effects: [effect('ChargePayment', 9_200, { undoneBy: 1 }), effect('RefundPayment', 99_000)] })
    expect(wroteBy(run, effects).elsewhere[0]?.rows[0]?.undid).toEqual([0])
  })

  it('is of one visit where somebody looks at that', () => {
    const visit = run.visits[0]
    if (visit === undefined) throw new Error('it has a visit')
    expect(wroteIn(run, visit, effectsOf({ effects: [effect('ChargePayment', 9_200)] })).rows).toHaveLength(1)
    expect(wroteIn(run, visit, undefined)).toEqual({ rows: [], sent: [] })
  })
})

describe('what was sent', () => {
  const events = (resource: string, type: string, output: object): unknown[] => [
    ...historyOf('AwaitPayment'),
    { id: 3, previousEventId: 2, timestamp: 9.1, type: 'TaskScheduled', taskScheduledEventDetails: { resourceType: 'sqs', resource, parameters: '{"QueueUrl":"http://127.0.0.1/000000000000/holdfast-payment-requests"}' } },
    { id: 4, previousEventId: 3, timestamp: 9.2, type, [`${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`]: { resourceType: 'sqs', resource, output: JSON.stringify(output) } },
  ]

  it('is told by what the queue answered, and not by what a token brought', () => {
    const waits = 'sendMessage.waitForTaskToken'
    expect(sentBy(readRun(events(waits, 'TaskSubmitted', { MessageId: 'm-1' }), null))).toMatchObject([{ kind: 'message', to: 'holdfast-payment-requests', id: 'm-1' }])
    expect(sentBy(readRun(events(waits, 'TaskSucceeded', { MessageId: 'm-1' }), null))).toEqual([])
    expect(sentBy(readRun(events('sendMessage', 'TaskSucceeded', { MessageId: 'm-2' }), null))).toHaveLength(1)
  })
})

it('what another execution wrote is told of the machines that do so for this kind', () => {
  expect(machinesWith('CompleteOrder', 'product')).toEqual(['deliver-product'])
  expect(machinesWith('CompleteOrder', 'ticket')).toEqual(['order'])
  expect(machinesWith('UnlockTicket', 'ticket')).toEqual(['hold-order', 'order'])
})
