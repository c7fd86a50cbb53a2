import { describe, expect, it } from 'vitest'
import type { Kept } from '../api/kept'
import { ARRIVES_WITHIN_MS, fateOf, keep, recall, type PendingPayment } from './pending'

const SENT = { token: 'tok_visa', attempt: 2, isAlone: true, sentMs: 1_000_000 } satisfies PendingPayment
const SOON = SENT.sentMs + 1_000
const LATER = SENT.sentMs + ARRIVES_WITHIN_MS + 1

function storage(): Kept {
  const rows = new Map<string, string>()
  return {
    getItem: (name) => rows.get(name) ?? null,
    setItem: (name, value) => void rows.set(name, value),
    removeItem: (name) => void rows.delete(name),
  }
}

describe('a payment that got no answer', () => {
  it('has arrived once the order knows as many attempts', () => {
    expect(fateOf(SENT, { status: 'held', attempts: 2, beganMs: SOON })).toBe('arrived')
    expect(fateOf(SENT, { status: 'completed', attempts: 2, beganMs: SOON })).toBe('arrived')
    expect(fateOf(SENT, { status: 'held', attempts: 3, beganMs: SOON })).toBe('arrived')
  })

  it('is not taken for the retry of another card that made an attempt of the same number', () => {
    const beside = { ...SENT, isAlone: false }
    expect(fateOf(beside, { status: 'held', attempts: 2, beganMs: SOON })).toBe('unknown')
    expect(fateOf(beside, { status: 'held', attempts: 2, beganMs: LATER })).toBe('arrived')
  })

  it('stays unknown while it may still be on its way', () => {
    expect(fateOf(SENT, { status: 'held', attempts: 1, beganMs: SOON })).toBe('unknown')
    expect(fateOf(SENT, { status: 'gathering', attempts: 1, beganMs: SOON })).toBe('unknown')
    expect(fateOf(SENT, { status: 'held', attempts: 1, beganMs: SENT.sentMs - 5_000 })).toBe('unknown')
  })

  it('is lost when nothing came of it for longer than a request lives, or when the order takes no payment', () => {
    expect(fateOf(SENT, { status: 'held', attempts: 1, beganMs: LATER })).toBe('lost')
    expect(fateOf(SENT, { status: 'expired', attempts: 1, beganMs: SOON })).toBe('lost')
    expect(fateOf(SENT, { status: 'cancelled', attempts: 0, beganMs: SOON })).toBe('lost')
  })

  it('is not given up while the server’s time is not known, at either end', () => {
    expect(fateOf(SENT, { status: 'held', attempts: 1, beganMs: null })).toBe('unknown')
    expect(fateOf({ ...SENT, sentMs: null }, { status: 'held', attempts: 1, beganMs: LATER })).toBe('unknown')
    expect(fateOf({ ...SENT, isAlone: false }, { status: 'held', attempts: 2, beganMs: null })).toBe('unknown')
    expect(fateOf(SENT, { status: 'held', attempts: 2, beganMs: null })).toBe('arrived')
    expect(fateOf(SENT, { status: 'expired', attempts: 1, beganMs: null })).toBe('lost')
  })

  it('is remembered over a reload until it is settled', () => {
    const kept = storage()
    expect(recall('ord_1', kept)).toBeNull()
    keep('ord_1', SENT, kept)
    expect(recall('ord_1', kept)).toEqual(SENT)
    expect(recall('ord_2', kept)).toBeNull()
    const undated = { ...SENT, sentMs: null }
    keep('ord_2', undated, kept)
    expect(recall('ord_2', kept)).toEqual(undated)
    keep('ord_1', null, kept)
    expect(recall('ord_1', kept)).toBeNull()
    kept.setItem('holdfast.paying.ord_1', '{"token":1}')
    expect(recall('ord_1', kept)).toBeNull()
  })
})
