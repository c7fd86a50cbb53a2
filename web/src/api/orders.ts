/** Reading orders. Each answer tells the server's time to the millisecond, so countdowns learn from it. */
import { serverClock } from '../clock/server-clock'
import type { Order, Payment, Refund } from '../words/order'
import { api, ask } from './client'

/** An order with what was charged for it and given back. */
export interface OrderWithMoney {
  readonly order: Order
  readonly payments: readonly Payment[]
  readonly refunds: readonly Refund[]
  /** When the reading began, by the server's clock, ms since 1970. */
  readonly beganMs: number
}

/** An order, its payments and its refunds. @throws Problem as the API says */
export async function readOrderWithMoney(orderId: string, signal: AbortSignal): Promise<OrderWithMoney> {
  const beganMs = serverClock.nowMs()
  const sentMs = performance.now()
  const params = { path: { order_id: orderId } }
  const [order, money] = await Promise.all([
    ask(api.GET('/api/orders/{order_id}', { params, signal })).then((read) => {
      learnFromOrder(read, sentMs)
      return read
    }),
    ask(api.GET('/api/orders/{order_id}/payments', { params, signal })),
  ])
  return { order, payments: money.payments, refunds: money.refunds, beganMs }
}

/** Takes in the server's time of an order that was just read. */
function learnFromOrder(order: Order, sentMs: number): void {
  const serverMs = Date.parse(order.serverTime)
  if (Number.isNaN(serverMs)) return
  serverClock.learn({ serverEarliestMs: serverMs, serverLatestMs: serverMs + 1, sentMs, receivedMs: performance.now() })
}
