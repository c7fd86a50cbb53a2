/**
 * Pays an order, once. The order itself says what became of a payment; the answer to the request is only the sooner of
 * two ways to hear of it. While a payment got no answer and the order does not know of it either, no other is sent.
 */
import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import type { OrderWithMoney } from '../api/orders'
import { api, ask } from '../api/client'
import type { Problem } from '../api/problem'
import { useAction } from '../api/use-action'
import { serverClock } from '../clock/server-clock'
import { declineOf } from './standing'
import { fateOf, keep, recall, type PendingPayment } from './pending'

/** How long the API waits for the outcome before it answers, seconds. */
const WAIT_S = 20

/** Refusals that the order's own state explains better. */
const TOLD_BY_THE_ORDER = ['PaymentDeclined', 'PaymentWillBeRetried', 'PaymentAttemptsExhausted', 'OrderBeingPaid']

/** What a checkout binds to its form. */
export interface PayingOrder {
  /** Charges this card. Does nothing while another payment is under way, or may be. */
  readonly pay: (token: string) => Promise<void>
  /** Sends the payment that was not answered once more: the same card, under the same key. */
  readonly askAgain: () => Promise<void>
  readonly isSending: Readonly<Ref<boolean>>
  /** A payment was sent, was not answered, and the order knows nothing of it. */
  readonly isUnheard: ComputedRef<boolean>
  /** A payment never reached the shop; said until the next one is sent. */
  readonly wasLost: Readonly<Ref<boolean>>
  /** Why the shop did not take the latest payment, unless the order itself says it. */
  readonly problem: ComputedRef<Problem | null>
}

/**
 * @param orderId which order
 * @param read its latest reading
 * @param reload reads it again
 */
export function usePayment(
  orderId: string,
  read: () => OrderWithMoney | undefined,
  reload: () => Promise<void>,
): PayingOrder {
  const pending = ref<PendingPayment | null>(recall(orderId))
  const wasLost = ref(false)
  /** From the click until the order was read after the answer, so that nothing in between looks as if nothing had been. */
  const isSending = ref(false)
  let request: AbortController | undefined

  function become(next: PendingPayment | null): void {
    pending.value = next
    keep(orderId, next)
  }

  // Which attempt it is, is part of the intent: the same card after a decline is another payment.
  const send = useAction('pay', ({ token, attempt }: { orderId: string; token: string; attempt: number }, key: string) => {
    become({ token, attempt, isAlone: isAlone(), sentMs: serverClock.nowMs() })
    request = new AbortController()
    return ask(
      api.POST('/api/orders/{order_id}/payments', {
        params: { path: { order_id: orderId }, query: { wait: WAIT_S }, header: { 'Idempotency-Key': key } },
        body: { token },
        signal: request.signal,
      }),
    )
  })

  /** Of one that was sent before, what it was then; of a new one, whether no retry is about to come. */
  function isAlone(): boolean {
    return pending.value?.isAlone ?? !read()?.order.nextAttemptAt
  }

  async function sendOnce(token: string, attempt: number): Promise<void> {
    if (isSending.value) return
    isSending.value = true
    wasLost.value = false
    const taken = await send.run({ orderId, token, attempt })
    if (taken !== undefined || send.problem.value?.certainty === 'refused') become(null)
    else settle()
    await reload()
    isSending.value = false
  }

  /** Forgets a payment of which the order tells, or to which nothing can happen any more. */
  function settle(): void {
    const sent = pending.value
    const reading = read()
    if (sent === null || reading === undefined) return
    const { order, payments, beganMs } = reading
    const fate = fateOf(sent, { status: order.status, attempts: payments.length, beganMs })
    if (fate === 'unknown') return
    if (send.isRunning.value) {
      // Its decline is known: whoever wants to pay with another card need not wait for the answer as well.
      if (fate === 'arrived' && order.status === 'held' && declineOf(payments) !== undefined) request?.abort()
      return
    }
    become(null)
    send.forget()
    wasLost.value = fate === 'lost' && order.status === 'held'
  }

  watch(read, settle)

  return {
    pay: async (token) => {
      const reading = read()
      if (reading === undefined || pending.value !== null) return
      await sendOnce(token, reading.payments.length + 1)
    },
    askAgain: async () => {
      if (pending.value !== null) await sendOnce(pending.value.token, pending.value.attempt)
    },
    isSending,
    isUnheard: computed(() => pending.value !== null && !isSending.value),
    wasLost,
    problem: computed(() => {
      const met = send.problem.value
      return met === null || met.certainty === 'unknown' || TOLD_BY_THE_ORDER.includes(met.code) ? null : met
    }),
  }
}
