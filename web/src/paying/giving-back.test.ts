import { describe, expect, it } from 'vitest'
import type { Order, Refund } from '../words/order'
import { allOf, choicesOf, keptOf, linesOf } from './giving-back'

const AT = '2026-01-01T00:00:00Z'
const ORDER: Order = {
  id: 'ord_1',
  status: 'completed',
  lines: [
    { title: 'Tea', quantity: 3, priceMinor: 500, productId: 'prd_1' },
    { title: 'Cup', quantity: 1, priceMinor: 1500, productId: 'prd_2' },
  ],
  totalMinor: 3000,
  currency: 'usd',
  hold: { id: 'hld_1', version: 1, expiresAt: AT },
  refundedMinor: 0,
  version: 1,
  createdAt: AT,
  updatedAt: AT,
  serverTime: AT,
}

function refund(status: string, lines: Refund['lines']): Refund {
  return { id: 'ord_1-r1', number: 1, status, reason: 'buyer_asked', amountMinor: 1000, lines, requestedAt: AT }
}

describe('what somebody gives back', () => {
  it('is everything that is left, before they choose', () => {
    const choices = choicesOf(ORDER, [refund('succeeded', [{ line: 0, quantity: 1 }])])
    expect(linesOf(choices, allOf(choices))).toEqual([
      { line: 0, quantity: 2 },
      { line: 1, quantity: 1 },
    ])
  })

  it('is never more than is left by now, and what they left out stays out', () => {
    const wanted = { ...allOf(choicesOf(ORDER, [])), 1: 0 }
    const now = choicesOf(ORDER, [refund('requested', [{ line: 0, quantity: 2 }])])
    expect(linesOf(now, wanted)).toEqual([{ line: 0, quantity: 1 }])
  })

  it('has nothing added to it by a refund that failed while they chose', () => {
    const wanted = allOf(choicesOf(ORDER, [refund('requested', [{ line: 1, quantity: 1 }])]))
    const now = choicesOf(ORDER, [refund('failed', [{ line: 1, quantity: 1 }])])
    expect(linesOf(now, wanted)).toEqual([{ line: 0, quantity: 3 }])
  })

  it('stays as it was typed when the order is read again, and shrinks to what is left', () => {
    const before = choicesOf(ORDER, [])
    const typed = { ...allOf(before), 0: '', 1: 0 }
    expect(keptOf(choicesOf(ORDER, []), typed)).toEqual(typed)
    const now = choicesOf(ORDER, [refund('requested', [{ line: 0, quantity: 2 }, { line: 1, quantity: 1 }])])
    expect(keptOf(now, allOf(before))).toEqual({ 0: 1 })
    expect(keptOf(before, keptOf(now, allOf(before)))).toEqual({ 0: 1 })
  })

  it('is nothing of a line whose field holds no number', () => {
    expect(linesOf(choicesOf(ORDER, []), { 0: '', 1: -2 })).toEqual([])
    expect(linesOf(choicesOf(ORDER, []), { 0: 2.9, 1: 'x' })).toEqual([{ line: 0, quantity: 2 }])
  })
})
