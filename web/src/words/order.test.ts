import { describe, expect, it } from 'vitest'
import {
  leftToRefund,
  mayBeRefunded,
  mergedOrders,
  statusWords,
  wayBack,
  whatOf,
  type Order,
  type Refund,
} from './order'

const AT = '2026-01-01T00:00:00Z'

function order(status: string, lines: Order['lines'], refundedMinor = 0): Order {
  return {
    id: 'ord_1',
    status,
    lines,
    totalMinor: 3000,
    currency: 'usd',
    hold: { id: 'hld_1', version: 1, expiresAt: AT },
    refundedMinor,
    version: 1,
    createdAt: AT,
    updatedAt: AT,
    serverTime: AT,
  }
}

function refund(status: string, lines: Refund['lines']): Refund {
  return { id: 'ord_1-r1', number: 1, status, reason: 'buyer_asked', amountMinor: 1000, lines, requestedAt: AT }
}

const TEA = { title: 'Tea', quantity: 3, priceMinor: 500, productId: 'prd_1' }
const CUP = { title: 'Cup', quantity: 1, priceMinor: 1500, productId: 'prd_2' }

describe('an order in words', () => {
  it('is called by what it is for', () => {
    expect(whatOf(order('held', [CUP]))).toBe('Cup')
    expect(whatOf(order('held', [TEA, CUP]))).toBe('3 × Tea and 1 more')
    expect(whatOf(order('held', []))).toBe('Order')
  })

  it('names a status that this page does not know', () => {
    expect(statusWords('of_next_year').short).toBe('of_next_year')
  })
})

describe('the way back from an order', () => {
  it('leads to what it was for', () => {
    const ticket = { title: 'Seat', quantity: 1, priceMinor: 900, ticketId: 'tkt_1' }
    expect(wayBack(order('held', [ticket]))).toMatchObject({ to: '/tickets/tkt_1', says: 'Look at the ticket again' })
    expect(wayBack(order('held', [TEA]))?.to).toBe('/products/prd_1')
    expect(wayBack(order('held', [{ title: 'Soup', quantity: 1, priceMinor: 900, dishId: 'dsh_1' }]))?.to).toBe('/menu')
    expect(wayBack(order('held', []))).toBeUndefined()
  })
})

describe('what can be given back', () => {
  it('is what neither went back nor is on its way back', () => {
    const bought = order('completed', [TEA, CUP])
    expect(leftToRefund(bought, [])).toEqual([3, 1])
    expect(leftToRefund(bought, [refund('succeeded', [{ line: 0, quantity: 1 }])])).toEqual([2, 1])
    expect(leftToRefund(bought, [refund('requested', [{ line: 1, quantity: 1 }])])).toEqual([3, 0])
  })

  it('is there again when the refund failed', () => {
    expect(leftToRefund(order('completed', [CUP]), [refund('failed', [{ line: 0, quantity: 1 }])])).toEqual([1])
  })

  it('is nothing of dishes, nor before the order is completed', () => {
    expect(mayBeRefunded(order('completed', [TEA]))).toBe(true)
    expect(mayBeRefunded(order('shipped', [TEA]))).toBe(false)
    expect(mayBeRefunded(order('refunded', [TEA], 3000))).toBe(false)
    expect(mayBeRefunded(order('completed', [{ title: 'Soup', quantity: 1, priceMinor: 900, dishId: 'dsh_1' }]))).toBe(false)
  })
})

describe('several orders', () => {
  const at = (id: string, createdAt: string, version: number, status = 'held'): Order => ({
    ...order(status, [CUP]),
    id,
    createdAt,
    version,
  })
  const first = at('ord_a', '2026-01-01T10:00:00Z', 1)
  const second = at('ord_b', '2026-01-01T10:00:00.5Z', 1)

  it('stand newest first, each once', () => {
    expect(mergedOrders([first], [second, first]).map(({ id }) => id)).toEqual(['ord_b', 'ord_a'])
  })

  it('are never put back to an older version by an answer that comes late', () => {
    const paid = { ...first, version: 3, status: 'paid' }
    expect(mergedOrders([paid], [first])[0]?.status).toBe('paid')
    expect(mergedOrders([first], [paid])[0]?.status).toBe('paid')
  })
})
