/** Reading orders. Each answer tells the server's time to the millisecond, so countdowns learn from it. */
import { serverClock } from '../clock/server-clock'
import type { Order, OrderEvent, Payment, Refund } from '../words/order'
import { api, ask } from './client'

/** An order with what was charged for it and given back. */
export interface OrderWithMoney {
  readonly order: Order
  readonly payments: readonly Payment[]
  readonly refunds: readonly Refund[]
  /** When the reading began, by the server's clock, ms since 1970; null when its time was not known then. */
  readonly beganMs: number | null
}

/** An order, its payments and its refunds. @throws Problem as the API says */
export async function readOrderWithMoney(orderId: string, signal: AbortSignal): Promise<OrderWithMoney> {
  const beganMs = serverClock.knownMs()
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

/** An order with its money and everything that happened to it. */
export interface OrderStory extends OrderWithMoney {
  /** Oldest first. */
  readonly events: readonly OrderEvent[]
}

/** An order and its story. @throws Problem as the API says */
export async function readOrderStory(orderId: string, signal: AbortSignal): Promise<OrderStory> {
  const [withMoney, story] = await Promise.all([
    readOrderWithMoney(orderId, signal),
    ask(api.GET('/api/orders/{order_id}/events', { params: { path: { order_id: orderId } }, signal })),
  ])
  return { ...withMoney, events: story.events }
}

/** How many orders are asked for at once. */
const PAGE_SIZE = 20

/** A page of the user's orders, newest first. @throws Problem as the API says */
export async function readOrders(
  cursor: string | undefined,
  signal?: AbortSignal,
): Promise<{ orders: readonly Order[]; nextCursor: string | undefined }> {
  const query = cursor === undefined ? { limit: PAGE_SIZE } : { limit: PAGE_SIZE, cursor }
  const page = await ask(api.GET('/api/orders', { params: { query }, ...(signal ? { signal } : {}) }))
  return { orders: page.orders, nextCursor: page.nextCursor ?? undefined }
}

/** One order. @throws Problem as the API says */
export async function readOrder(orderId: string): Promise<Order> {
  const sentMs = performance.now()
  const order = await ask(api.GET('/api/orders/{order_id}', { params: { path: { order_id: orderId } } }))
  learnFromOrder(order, sentMs)
  return order
}

/** Takes in the server's time of an order that was just read. */
function learnFromOrder(order: Order, sentMs: number): void {
  const serverMs = Date.parse(order.serverTime)
  if (Number.isNaN(serverMs)) return
  serverClock.learn({ serverEarliestMs: serverMs, serverLatestMs: serverMs + 1, sentMs, receivedMs: performance.now() })
}
