/**
 * Pays an order, once. The order itself says what became of a payment; the answer to the request is only the sooner of
 * two ways to hear of it. While a payment got no answer and the order does not know of it either, no other is sent.
 */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import type { OrderWithMoney } from '../api/orders'
import { api, ask } from '../api/client'
import type { Problem } from '../api/problem'
import { useAction } from '../api/use-action'
import { serverClock } from '../clock/server-clock'
import { isUnderWay } from './standing'
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
  readonly isSending: ComputedRef<boolean>
  /** A payment was sent, was not answered, and the order knows nothing of it. */
  readonly isUnheard: ComputedRef<boolean>
  /** A payment never reached the shop; said until the next one is sent. */
  readonly wasLost: Readonly<Ref<boolean>>
  /** Why the shop did not take the latest payment, unless the order itself says it. */
  readonly problem: Readonly<Ref<Problem | null>>
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
  const problem = shallowRef<Problem | null>(null)
  /** The request under way; it stays until the order was read after its answer, so that nothing in between looks undone. */
  const request = shallowRef<AbortController>()

  function become(next: PendingPayment | null): void {
    pending.value = next
    keep(orderId, next)
  }

  async function send(token: string, attempt: number, isAlone: boolean): Promise<void> {
    const mine = new AbortController()
    request.value = mine
    problem.value = null
    wasLost.value = false
    // Which attempt it is, is part of the intent: the same card after a decline is another payment.
    const action = useAction('pay', (body: { orderId: string; token: string; attempt: number }, key: string) => {
      mine.signal.throwIfAborted()
      become({ token: body.token, attempt: body.attempt, isAlone, sentMs: serverClock.knownMs() })
      return ask(
        api.POST('/api/orders/{order_id}/payments', {
          params: { path: { order_id: orderId }, query: { wait: WAIT_S }, header: { 'Idempotency-Key': key } },
          body: { token: body.token },
          signal: mine.signal,
        }),
      )
    })
    const taken = await action.run({ orderId, token, attempt })
    // The order told sooner, and another payment may be under way by now.
    if (mine.signal.aborted) return
    const met = action.problem.value
    if (taken !== undefined || met?.certainty === 'refused') become(null)
    if (met?.certainty === 'refused' && !TOLD_BY_THE_ORDER.includes(met.code)) problem.value = met
    await reload()
    if (request.value === mine) request.value = undefined
    settle()
  }

  /** Forgets a payment of which the order tells, or to which nothing can happen any more. */
  function settle(): void {
    const sent = pending.value
    const reading = read()
    if (sent === null || reading === undefined) return
    // The time was not known when it was sent: it was not later than now.
    if (sent.sentMs === null && serverClock.isKnown) become({ ...sent, sentMs: serverClock.knownMs() })
    const { order, payments, beganMs } = reading
    const fate = fateOf(sent, { status: order.status, attempts: payments.length, beganMs })
    if (fate === 'arrived') {
      become(null)
      // Once its outcome stands there, nobody need wait for the answer as well.
      if (order.status !== 'paying' && !isUnderWay(payments.at(-1))) hearNoMore()
    } else if (fate === 'lost' && request.value === undefined) {
      become(null)
      wasLost.value = order.status === 'held'
    }
  }

  function hearNoMore(): void {
    request.value?.abort()
    request.value = undefined
  }

  watch(read, settle)

  return {
    pay: async (token) => {
      const reading = read()
      if (reading === undefined || pending.value !== null || request.value !== undefined) return
      // The card that was declined may be tried again at the same moment, and make an attempt of the same number.
      await send(token, reading.payments.length + 1, !reading.order.nextAttemptAt)
    },
    askAgain: async () => {
      const sent = pending.value
      if (sent !== null && request.value === undefined) await send(sent.token, sent.attempt, sent.isAlone)
    },
    isSending: computed(() => request.value !== undefined),
    isUnheard: computed(() => pending.value !== null && request.value === undefined),
    wasLost,
    problem,
  }
}
