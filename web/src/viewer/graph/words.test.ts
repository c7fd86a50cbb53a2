import { describe, expect, it } from 'vitest'
import { lookWords, mapRunWords, retryWords, saidName, stateWords } from './words'

describe('a state in words', () => {
  it('says its name, its type, how it fared and after how many tries', () => {
    const state = { name: 'ChargePayment', type: 'Task' as const, isDistributed: false }
    const looks = new Map([['/ChargePayment', { fate: 'failed' as const, retries: 2, visits: 1 }]])
    expect(stateWords(state, looks, looks.get('/ChargePayment'))).toBe('Charge payment, Task, failed after 3 tries')
    expect(stateWords(state, looks, undefined)).toBe('Charge payment, Task, not entered')
    expect(stateWords({ ...state, type: 'Map', isDistributed: true }, null, undefined)).toBe('Charge payment, distributed Map')
  })

  it.each([
    [{ fate: 'running', retries: 0, visits: 1 }, 'running'],
    [{ fate: 'running', retries: 1, visits: 1 }, 'running, try 2'],
    [{ fate: 'caught', retries: 3, visits: 2 }, 'failed after 4 tries, error caught, entered 2 times'],
    [{ fate: 'timedOut', retries: 1, visits: 1 }, 'timed out after 2 tries'],
    [{ fate: 'succeeded', retries: 0, visits: 12 }, 'succeeded, entered 12 times'],
    [{ fate: 'failed', retries: 3, visits: 1_300, counts: { succeeded: 1_250, running: 8, failed: 42 } }, '42 failed, 8 running, 1,250 succeeded'],
  ] as const)('tells of tries and visits: %o', (look, words) => {
    expect(lookWords(look)).toBe(words)
  })

  it.each([
    ['IsAnythingShort', 'Is anything short'],
    ['wait_for_job', 'wait for job'],
    ['SendSMSNow', 'Send SMS now'],
    ['Étape 2', 'Étape 2'],
  ])('says %s as %s', (name, said) => {
    expect(saidName(name)).toBe(said)
  })

  it('counts retries', () => {
    expect([retryWords(1), retryWords(3)]).toEqual(['1 retry', '3 retries'])
  })
})

it('says how the items of a map run fare, what went wrong first', () => {
  const run = { arn: '', isRunning: true, total: 1_012, pending: 0, running: 4, succeeded: 1_000, failed: 6, timedOut: 1, aborted: 1 }
  expect(mapRunWords(run)).toBe('1,012 items: 6 failed, 1 timed out, 1 stopped, 4 running, 1,000 succeeded')
  const good = { ...run, running: 0, failed: 0, timedOut: 0, aborted: 0 }
  expect(mapRunWords({ ...good, total: 1_000 })).toBe('1,000 items, all succeeded')
  expect(mapRunWords({ ...good, total: 1, succeeded: 1 })).toBe('1 item, succeeded')
  expect(mapRunWords({ ...good, total: 0, succeeded: 0 })).toBe('0 items')
})
