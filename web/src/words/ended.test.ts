import { describe, expect, it } from 'vitest'
import { moneyOfEnded } from './ended'
import { statusWords, type Payment, type Refund } from './order'

const AT = '2026-01-01T00:00:00Z'

function refund(status: string): Refund {
  return { id: 'ord_1-r1', number: 1, status, reason: 'arrived_too_late', amountMinor: 3000, lines: [], requestedAt: AT }
}

describe('the money of an order that ended unpaid', () => {
  const ENDS = ['expired', 'cancelled', 'payment_failed', 'unavailable']
  const payment = (status: string): Payment => ({ id: 'ord_1-1', attempt: 1, status, amountMinor: 3000, requestedAt: AT })

  it('was not charged, when no payment was made or each was declined', () => {
    for (const status of ENDS) {
      expect(moneyOfEnded(status, [], [])).toBe('Nothing was charged.')
      expect(moneyOfEnded(status, [payment('declined')], [])).toBe('Nothing was charged.')
    }
  })

  it('was charged when a payment came late, and is told with what becomes of it', () => {
    for (const status of ENDS) {
      const told = (refunds: Refund[]) => moneyOfEnded(status, [payment('declined'), payment('succeeded')], refunds)
      for (const standing of ['requested', 'pending']) expect(told([refund(standing)])).toMatch(/goes back to you/)
      expect(told([])).toMatch(/goes back to you/)
      expect(told([refund('succeeded')])).toMatch(/was given back/)
      expect(told([refund('failed')])).toMatch(/did not take it back.*finds another way/)
    }
  })

  it('is not certain while a payment is without an outcome', () => {
    for (const status of ['requested', 'unknown', 'of_next_year'])
      expect(moneyOfEnded('expired', [payment(status)], [])).toMatch(/not certain yet/)
  })

  it('is never told by the status alone', () => {
    for (const status of ENDS) expect(statusWords(status).sentence).not.toMatch(/charged/)
    for (const status of ['held', 'paying', 'completed', 'refunded', 'stuck']) expect(moneyOfEnded(status, [], [])).toBeUndefined()
  })
})
