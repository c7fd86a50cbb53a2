/** Orders in words: what a status means to whoever bought. */
import type { Shape } from '../api/client'

/** An order as the API tells of it. */
export type Order = Shape<'Order'>

/** One attempt to charge an order. */
export type Payment = Shape<'Payment'>

/** Something that happened to an order. */
export type OrderEvent = Shape<'OrderEvent'>

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
  expired: { short: 'Time over', sentence: 'It was not paid in time, so what was held is free again.', tone: 'soft' },
  cancelled: { short: 'Cancelled', sentence: 'It was cancelled, and what was held is free again.', tone: 'soft' },
  payment_failed: { short: 'Not paid', sentence: 'The payment did not succeed, so what was held is free again.', tone: 'bad' },
  refunded: { short: 'Refunded', sentence: 'Your money was given back.', tone: 'soft' },
  unavailable: { short: 'Unavailable', sentence: 'Not everything could be had, so the order ended.', tone: 'bad' },
  stuck: { short: 'Being looked at', sentence: 'What became of your payment is not certain yet. A person looks at it; do not pay a second time.', tone: 'bad' },
}

/** A status in words; one that this page does not know yet is shown by its name. */
export function statusWords(status: string): StatusWords {
  return STATUSES[status] ?? { short: status, sentence: `The order stands at ${status}.`, tone: 'soft' }
}

/** The way back to what an order was for, to have it after all. */
export function wayBack(order: Order): { readonly to: string; readonly says: string; readonly why: string } | undefined {
  const line = order.lines[0]
  if (line === undefined) return undefined
  const to = placeOf(line)
  if (line.ticketId) return { to, says: 'Look at the ticket again', why: 'It may be free again.' }
  if (line.productId) return { to, says: 'Look at the product again', why: 'You can order it again.' }
  return { to, says: 'Look at the menu again', why: 'You can order again.' }
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

/** What an order is for, as a heading: its first line, and how many more there are. */
export function whatOf(order: Order): string {
  const [first, ...others] = order.lines
  if (first === undefined) return 'Order'
  const title = first.quantity > 1 ? `${first.quantity} × ${first.title}` : first.title
  if (others.length === 0) return title
  return `${title} and ${others.length} more`
}

/** Where a refund stands, in words. */
export function refundWords(refund: Refund): string {
  switch (refund.status) {
    case 'requested':
      return 'It is being given back.'
    case 'pending':
      return 'The bank has it and has not confirmed it yet; that can take some days.'
    case 'succeeded':
      return 'Given back.'
    case 'failed':
      return 'The bank did not take it. Whoever runs this shop has been told and finds another way.'
    default:
      return `It stands at ${refund.status}.`
  }
}

/** Of each line, how many can still be given back: neither given back already nor on their way. */
export function leftToRefund(order: Order, refunds: readonly Refund[]): number[] {
  const left = order.lines.map((line) => line.quantity)
  for (const refund of refunds) {
    if (refund.status === 'failed') continue
    for (const { line, quantity } of refund.lines) {
      const before = left[line]
      if (before !== undefined) left[line] = Math.max(0, before - quantity)
    }
  }
  return left
}

/** Whether money can be asked back by the page's own lights; the API decides. */
export function mayBeRefunded(order: Order): boolean {
  const isDishes = order.lines.some((line) => line.dishId)
  return !isDishes && (order.status === 'completed' || (order.status === 'refunded' && order.refundedMinor < order.totalMinor))
}

/** What is known of several orders after reading some of them: the newer version of each, newest order first. */
export function mergedOrders(known: readonly Order[], read: readonly Order[]): Order[] {
  const byId = new Map(known.map((order) => [order.id, order]))
  for (const order of read) {
    const before = byId.get(order.id)
    if (before === undefined || before.version <= order.version) byId.set(order.id, order)
  }
  return [...byId.values()].sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt) || (a.id < b.id ? -1 : 1))
}
