/** Orders in words: what a status means to whoever bought. */
import type { Shape } from '../api/client'

/** An order as the API tells of it. */
export type Order = Shape<'Order'>

/** One attempt to charge an order. */
export type Payment = Shape<'Payment'>

/** Money of an order that goes back. */
export type Refund = Shape<'Refund'>

/** How a status looks and reads. */
export interface StatusWords {
  /** One or two words, for a badge. */
  readonly short: string
  /** One sentence. */
  readonly sentence: string
  readonly tone: 'go' | 'time' | 'bad' | 'soft'
}

const STATUSES: Readonly<Record<string, StatusWords>> = {
  gathering: { short: 'Gathering', sentence: 'What is missing is being fetched. You pay once everything is there.', tone: 'time' },
  held: { short: 'Held for you', sentence: 'Everything is held for you. Pay before the time is over.', tone: 'time' },
  paying: { short: 'Paying', sentence: 'Your payment is being made. We tell you when its outcome is certain.', tone: 'time' },
  paid: { short: 'Paid', sentence: 'Paid. Your order is being prepared.', tone: 'go' },
  shipped: { short: 'On its way', sentence: 'Paid and shipped. It is on its way to you.', tone: 'go' },
  completed: { short: 'Completed', sentence: 'Paid and handed over. It is yours.', tone: 'go' },
  expired: { short: 'Time over', sentence: 'It was not paid in time, so what was held is free again. Nothing was charged.', tone: 'soft' },
  cancelled: { short: 'Cancelled', sentence: 'It was cancelled, and what was held is free again.', tone: 'soft' },
  payment_failed: { short: 'Not paid', sentence: 'The payment did not succeed, so what was held is free again. Nothing was charged.', tone: 'bad' },
  refunded: { short: 'Refunded', sentence: 'Your money was given back.', tone: 'soft' },
  unavailable: { short: 'Unavailable', sentence: 'Not everything could be had, so the order ended. Nothing was charged.', tone: 'bad' },
  stuck: { short: 'Being looked at', sentence: 'What became of your payment is not certain yet. A person looks at it; do not pay a second time.', tone: 'bad' },
}

/** A status in words; one that this page does not know yet is shown by its name. */
export function statusWords(status: string): StatusWords {
  return STATUSES[status] ?? { short: status, sentence: `The order stands at ${status}.`, tone: 'soft' }
}

/** Whether the order has come to its end, so that nothing more will happen by itself. */
export function hasEnded(status: string): boolean {
  return ['completed', 'expired', 'cancelled', 'payment_failed', 'refunded', 'unavailable'].includes(status)
}

/** Whether it waits for somebody to pay. */
export function canBePaid(status: string): boolean {
  return status === 'held'
}

/** The page of what a line is for: where it can be had again. */
export function placeOf(line: Order['lines'][number]): string {
  if (line.ticketId) return `/tickets/${encodeURIComponent(line.ticketId)}`
  if (line.productId) return `/products/${encodeURIComponent(line.productId)}`
  return '/menu'
}
