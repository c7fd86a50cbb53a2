/** What tests of this folder read: short histories, and books of an order. */
import type { Effects } from './told'

/** A history that stands at a state, or ended there. */
export function historyOf(name: string, ended?: string): unknown[] {
  const input = JSON.stringify({ order_id: 'ord_3dvmtn9cw6d0xgy56y9zp1fayn', kind: 'ticket', await_payment_s: 900, missing: [] })
  const events: unknown[] = [
    { id: 1, previousEventId: 0, timestamp: 8, type: 'ExecutionStarted', executionStartedEventDetails: { input } },
    { id: 2, previousEventId: 1, timestamp: 9, type: 'TaskStateEntered', stateEnteredEventDetails: { name, input } },
  ]
  if (ended === undefined) return events
  if (ended === 'ExecutionSucceeded') events.push({ id: 3, previousEventId: 2, timestamp: 9.5, type: 'TaskStateExited', stateExitedEventDetails: { name, output: '{}' } })
  events.push({ id: events.length + 1, previousEventId: events.length, timestamp: 9.6, type: ended })
  return events
}

/** What a test wants to differ. */
export interface Wanted {
  expiresMs?: number
  attempts?: string[]
  refundedMinor?: number
  status?: string
  isYours?: boolean
  dueMs?: number | null
  effects?: Effects['effects']
  lines?: Effects['order']['lines']
}

const ORDER_ID = 'ord_3dvmtn9cw6d0xgy56y9zp1fayn'
const at = (ms: number): string => new Date(ms).toISOString()

/** The books of an order for one ticket. */
export function effectsOf(wanted: Wanted): Effects {
  const { expiresMs = 909_000, attempts = [], refundedMinor = 0, status = 'held', isYours = false, dueMs = 939_000, effects = [] } = wanted
  return {
    orderId: ORDER_ID,
    order: {
      id: ORDER_ID,
      status,
      lines: wanted.lines ?? [{ ticketId: 'tkt_1', title: 'Row 1', quantity: 1, priceMinor: 4_500 }],
      totalMinor: 4_500,
      currency: 'usd',
      hold: { id: 'hld_1', version: 1, expiresAt: at(expiresMs) },
      refundedMinor,
      version: 1,
      createdAt: at(8_000),
      updatedAt: at(8_000),
      serverTime: at(10_000),
    },
    isYours,
    payments: attempts.map((one, index) => ({ id: `${ORDER_ID}-${index + 1}`, attempt: index + 1, status: one, amountMinor: 4_500, requestedAt: at(8_500) })),
    attemptsMax: 5,
    dueAt: dueMs === null ? null : at(dueMs),
    effects,
    notes: [],
  }
}
