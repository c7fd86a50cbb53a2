import { describe, expect, it } from 'vitest'
import type { Order, Payment } from '../words/order'
import { declineOf, standingOf, type Circumstances } from './standing'

const QUIET: Circumstances = { isSending: false, isUnheard: false, isTimeOver: false }

function order(status: string): Order {
  const at = '2026-01-01T00:00:00Z'
  return {
    id: 'ord_1',
    status,
    lines: [],
    totalMinor: 1999,
    currency: 'usd',
    hold: { id: 'hld_1', version: 1, expiresAt: at },
    refundedMinor: 0,
    version: 1,
    createdAt: at,
    updatedAt: at,
    serverTime: at,
  }
}

function attempt(number: number, status: string): Payment {
  return { id: `ord_1-${number}`, attempt: number, status, amountMinor: 1999, requestedAt: '2026-01-01T00:00:00Z' }
}

describe('where an order stands at the checkout', () => {
  it('is open to be paid while it is held, also after a decline', () => {
    expect(standingOf(order('held'), [], QUIET)).toBe('open')
    expect(standingOf(order('held'), [attempt(1, 'declined')], QUIET)).toBe('open')
  })

  it('is paid only when the order says so', () => {
    expect(standingOf(order('held'), [], { ...QUIET, isSending: true })).toBe('paying')
    for (const status of ['paid', 'shipped', 'completed']) expect(standingOf(order(status), [], QUIET)).toBe('settled')
  })

  it('is paying while an outcome is not known, whichever of the two readings is newer', () => {
    expect(standingOf(order('paying'), [], QUIET)).toBe('paying')
    for (const status of ['requested', 'unknown'])
      expect(standingOf(order('held'), [attempt(1, status)], { ...QUIET, isTimeOver: true })).toBe('paying')
  })

  it('lets nobody pay while a payment may be on its way', () => {
    expect(standingOf(order('held'), [], { ...QUIET, isUnheard: true })).toBe('unheard')
    expect(standingOf(order('held'), [], { ...QUIET, isUnheard: true, isTimeOver: true })).toBe('unheard')
  })

  it('is not over before the shop said so, whatever the clock shows', () => {
    expect(standingOf(order('held'), [], { ...QUIET, isTimeOver: true })).toBe('over')
    expect(standingOf(order('paying'), [], { ...QUIET, isTimeOver: true })).toBe('paying')
    expect(standingOf(order('completed'), [], { ...QUIET, isTimeOver: true })).toBe('settled')
  })

  it('has ended in each of the ends, and with a status that this page does not know', () => {
    for (const status of ['expired', 'cancelled', 'payment_failed', 'unavailable', 'refunded', 'of_next_year'])
      expect(standingOf(order(status), [], QUIET)).toBe('ended')
    expect(standingOf(order('stuck'), [], QUIET)).toBe('stuck')
    expect(standingOf(order('gathering'), [], { ...QUIET, isTimeOver: true })).toBe('gathering')
  })
})

describe('a decline', () => {
  it('is told of the latest attempt only', () => {
    expect(declineOf([])).toBeUndefined()
    expect(declineOf([attempt(1, 'declined'), attempt(2, 'requested')])).toBeUndefined()
    expect(declineOf([attempt(1, 'declined'), attempt(2, 'declined')])?.attempt).toBe(2)
  })
})
