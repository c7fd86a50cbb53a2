import { describe, expect, it } from 'vitest'
import { lookWords, retryWords, saidName, stateWords } from './words'

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
