import { describe, expect, it } from 'vitest'
import { subjectOf } from './order-nudges'

const ORDER = 'ord_0123456789abcdefghjkmnpqrs'
const SUPPLY = 'sup_0123456789abcdefghjkmnpqrs'
const of = (kind: string, body: Record<string, unknown>) => subjectOf({ seq: 1, kind, body })

describe('what operators are told', () => {
  it('is about the order that moved, or the order or supply request that stock moved for', () => {
    expect(of('order-moved', { orderId: ORDER, status: 'paid' })).toBe(ORDER)
    expect(of('movement', { cause: SUPPLY })).toBe(SUPPLY)
    expect(of('movement', { cause: `${SUPPLY}-2` })).toBe(SUPPLY)
  })

  it('is about no execution when stock moved for nobody, or when it is something else', () => {
    expect(of('movement', { cause: 'delivery 7' })).toBeUndefined()
    expect(of('movement', {})).toBeUndefined()
    expect(of('order-moved', { orderId: 7 })).toBeUndefined()
    // Told to its buyer; all orders are told to operators as well.
    expect(of('order', { orderId: ORDER, status: 'paid' })).toBeUndefined()
    expect(of('ticket', { ticketId: ORDER })).toBeUndefined()
  })
})
