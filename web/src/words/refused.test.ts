import { describe, expect, it } from 'vitest'
import { Problem } from '../api/problem'
import { refused } from './refused'

function problem(code: string): Problem {
  return new Problem('Title', `Ticket tkt_0123 is so (${code}).`, code, 409, 'refused', false, [], 'ord_1', 'req-1')
}

describe('a refusal', () => {
  it('is told without ids, and still leads to its order', () => {
    const told = refused(problem('TicketHeldByYou'))
    expect(`${told.title} ${told.detail}`).not.toMatch(/tkt_|ord_/)
    expect(told.orderId).toBe('ord_1')
    expect(told.code).toBe('TicketHeldByYou')
  })

  it('that needs no other words keeps the API’s own', () => {
    const met = problem('Transient')
    expect(refused(met)).toBe(met)
  })
})
