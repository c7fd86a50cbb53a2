import { describe, expect, it } from 'vitest'
import { shown, type Change, type Listed, type Ticket } from './shelf'

/** A ticket that was listed in this minute. */
function ticket(id: string, minute: number, state = 'available'): Ticket {
  const createdAt = `2026-11-21T10:${String(minute).padStart(2, '0')}:00Z`
  return { id, title: id, priceMinor: 1000, currency: 'usd', state, ownerId: 'usr_1', version: 1, createdAt }
}

function listed(asOf: number, ...tickets: Ticket[]): Listed[] {
  return tickets.map((each) => ({ id: each.id, ticket: each, asOf }))
}

function ids(list: Listed[], changes: Record<string, Change> = {}, hasMore = false): string[] {
  return shown(list, new Map(Object.entries(changes)), hasMore).map(({ id }) => id)
}

describe('the tickets that are shown', () => {
  const list = listed(5, ticket('c', 30), ticket('b', 20), ticket('a', 10))

  it('are those of the list, newest first', () => {
    expect(ids(list)).toEqual(['c', 'b', 'a'])
  })

  it('are without one that has gone since the list was read', () => {
    expect(ids(list, { b: { asOf: 6, ticket: null } })).toEqual(['c', 'a'])
  })

  it('are without one that went while the list was on its way', () => {
    // The list's reading began at 5; the message came before its answer did.
    expect(ids(listed(5, ticket('b', 20)), { b: { asOf: 6, ticket: null } })).toEqual([])
  })

  it('are with one that a later reading found again', () => {
    expect(ids(list, { b: { asOf: 4, ticket: null } })).toEqual(['c', 'b', 'a'])
  })

  it('are with one that has come, at its place', () => {
    expect(ids(list, { x: { asOf: 6, ticket: ticket('x', 25) } })).toEqual(['c', 'x', 'b', 'a'])
  })

  it('are without one that had come before a list that does not have it', () => {
    expect(ids(list, { x: { asOf: 4, ticket: ticket('x', 25) } })).toEqual(['c', 'b', 'a'])
  })

  it('are without one that was read after it went', () => {
    expect(ids(list, { x: { asOf: 6, ticket: ticket('x', 25, 'held') } })).toEqual(['c', 'b', 'a'])
  })

  it('leave to the next page what belongs there', () => {
    const older: Record<string, Change> = { x: { asOf: 6, ticket: ticket('x', 5) } }
    expect(ids(list, older, true)).toEqual(['c', 'b', 'a'])
    expect(ids(list, older, false)).toEqual(['c', 'b', 'a', 'x'])
  })

  it('are as they were edited', () => {
    const edited = { ...ticket('b', 20), priceMinor: 2000, version: 2 }
    const [, b] = shown(list, new Map([['b', { asOf: 6, ticket: edited }]]), false)
    expect(b?.priceMinor).toBe(2000)
  })

  it('of the same moment are in the order of the API', () => {
    expect(ids(listed(5, ticket('b', 10), ticket('a', 10)), { c: { asOf: 6, ticket: ticket('c', 10) } })).toEqual(['c', 'b', 'a'])
  })

  it('can be none, and then have one that came', () => {
    expect(ids([], { x: { asOf: 1, ticket: ticket('x', 1) } })).toEqual(['x'])
  })
})
