/**
 * A payment that was sent and not answered. While there is one, nobody may pay with another card: the first may have
 * arrived. It is kept over a reload, and settled by what the order itself says.
 */
import { tabStorage, type Kept } from '../api/kept'

const PREFIX = 'holdfast.paying.'

/**
 * So long after it was last sent a request is no longer on its way: the API gives itself 30 s, and a page stops waiting
 * after 35 s. An order read after that, without the attempt, never got it.
 */
export const ARRIVES_WITHIN_MS = 60_000

/** A payment on its way. */
export interface PendingPayment {
  /** The card, as the provider's token. */
  readonly token: string
  /** Which attempt of the order it makes, counted from 1. */
  readonly attempt: number
  /** Whether no other attempt can have its number: false when a declined card was about to be tried again by itself. */
  readonly isAlone: boolean
  /** When it was last sent, or later, by the server's clock, ms since 1970; null while nobody knows the server's time. */
  readonly sentMs: number | null
}

/** What a reading of the order says of a payment that was not answered. */
export type Fate =
  /** The order knows of it: what became of it stands there. */
  | 'arrived'
  /** It did not arrive, and does not any more: nothing was charged. */
  | 'lost'
  /** It may still be on its way. */
  | 'unknown'

/** What is read of an order at one moment. */
export interface Reading {
  readonly status: string
  /** How many attempts to charge it there were. */
  readonly attempts: number
  /** When the reading began, by the server's clock, ms since 1970; null when its time was not known. */
  readonly beganMs: number | null
}

/** What became of a payment, as far as a reading tells. */
export function fateOf(pending: PendingPayment, reading: Reading): Fate {
  // A browser's own clock proves nothing: it may be ahead by more than a request lives.
  const isTooLate =
    reading.beganMs !== null && pending.sentMs !== null && reading.beganMs - pending.sentMs > ARRIVES_WITHIN_MS
  if (reading.attempts >= pending.attempt && (pending.isAlone || isTooLate)) return 'arrived'
  // Whoever is not waiting for a payment any more takes none: it can have no effect.
  if (reading.status !== 'held' && reading.status !== 'gathering' && reading.status !== 'paying') return 'lost'
  return isTooLate ? 'lost' : 'unknown'
}

/** The payment of an order that got no answer before, if there is one. */
export function recall(orderId: string, kept: Kept = tabStorage): PendingPayment | null {
  try {
    const row: unknown = JSON.parse(kept.getItem(PREFIX + orderId) ?? 'null')
    if (typeof row !== 'object' || row === null) return null
    const { token, attempt, isAlone, sentMs } = row as Partial<PendingPayment>
    if (typeof token !== 'string' || typeof attempt !== 'number') return null
    return { token, attempt, isAlone: isAlone === true, sentMs: typeof sentMs === 'number' ? sentMs : null }
  } catch {
    return null
  }
}

/** Keeps it, or forgets it. */
export function keep(orderId: string, pending: PendingPayment | null, kept: Kept = tabStorage): void {
  if (pending === null) kept.removeItem(PREFIX + orderId)
  else kept.setItem(PREFIX + orderId, JSON.stringify(pending))
}
