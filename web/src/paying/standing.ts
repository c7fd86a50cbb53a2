/** What a checkout shows: where an order stands for whoever pays it. */
import type { Order, Payment } from '../words/order'

/** Where it stands. */
export type Standing =
  /** Something is still being fetched; it cannot be paid yet. */
  | 'gathering'
  /** It can be paid. */
  | 'open'
  /** It is not known whether a payment reached the shop. */
  | 'unheard'
  /** A payment is under way; its outcome is not certain. */
  | 'paying'
  /** The time is over by the clock, and the shop has not said yet what became of the order. */
  | 'over'
  /** The money was taken. */
  | 'settled'
  /** It ended without being paid, or its money went back. */
  | 'ended'
  /** A person looks at it. */
  | 'stuck'

/** What else a page knows. */
export interface Circumstances {
  /** A payment was sent and is not answered yet. */
  readonly isSending: boolean
  /** A payment was sent, got no answer, and the order knows nothing of it. */
  readonly isUnheard: boolean
  /** The hold's time is over by the server's clock. */
  readonly isTimeOver: boolean
}

/** Where an order stands. What the order says goes before what the page thinks. */
export function standingOf(order: Order, payments: readonly Payment[], around: Circumstances): Standing {
  switch (order.status) {
    case 'paid':
    case 'shipped':
    case 'completed':
      return 'settled'
    case 'stuck':
      return 'stuck'
    case 'paying':
      return 'paying'
    case 'held':
    case 'gathering':
      if (isUnderWay(payments.at(-1)) || around.isSending) return 'paying'
      if (around.isUnheard) return 'unheard'
      if (order.status === 'gathering') return 'gathering'
      return around.isTimeOver ? 'over' : 'open'
    default:
      return 'ended'
  }
}

/** Whether the provider has not said yet how it ended. */
export function isUnderWay(payment: Payment | undefined): boolean {
  return payment?.status === 'requested' || payment?.status === 'unknown'
}

/** The decline that the buyer has to know of: that of the latest attempt. */
export function declineOf(payments: readonly Payment[]): Payment | undefined {
  const latest = payments.at(-1)
  return latest?.status === 'declined' ? latest : undefined
}
