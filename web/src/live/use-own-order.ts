/** Keeps one of the user's own orders up to date: reads it again when a message says that it changed, and to catch up. */
import { useLive } from './live'

/**
 * @param orderId which order
 * @param version the version that is shown; 0 when nothing is
 * @param catchUp reads it; rejects when that failed
 */
export function useOwnOrder(orderId: string, version: () => number, catchUp: () => Promise<void>): void {
  useLive({
    topic: null,
    message: ({ kind, seq, body }) => {
      if (kind !== 'order' || body['orderId'] !== orderId || seq <= version()) return
      // What went wrong is shown by whoever reads.
      catchUp().catch(() => undefined)
    },
    catchUp,
  })
}
