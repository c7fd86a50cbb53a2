/** What whoever ordered is told of their money when an order has ended without being paid. */
import type { Payment, Refund } from './order'

/**
 * What became of the money of an order that ended without being paid: a payment may still have come in, and then goes back.
 * Undefined for every other order. A status alone never says it.
 */
export function moneyOfEnded(status: string, payments: readonly Payment[], refunds: readonly Refund[]): string | undefined {
  if (!['expired', 'cancelled', 'payment_failed', 'unavailable'].includes(status)) return undefined
  if (payments.some((payment) => payment.status === 'succeeded')) {
    const refund = refunds.at(-1)
    if (refund?.status === 'succeeded') return 'A payment came too late, and all of it was given back.'
    if (refund?.status === 'failed')
      return 'A payment came too late, and the bank did not take it back. Whoever runs this shop has been told and finds another way.'
    return 'A payment came too late: it was charged, and all of it goes back to you.'
  }
  if (payments.some((payment) => payment.status !== 'declined'))
    return 'Whether you were charged is not certain yet. If you were, you get what you ordered, or all of it goes back to you.'
  return 'Nothing was charged.'
}
