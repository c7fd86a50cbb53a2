/** Which orders are the reader's own: only those can be opened, so only those are linked from what everybody sees. */
import { shallowRef, watch, type ShallowRef } from 'vue'
import { api, ask } from '../api/client'
import { useLive } from '../live/live'
import { useSession } from './session'

/** So many of the latest orders are known. */
const KNOWN_MAX = 25

/** The ids of the reader's latest orders; empty for a guest. */
export function useOwnOrders(): ShallowRef<ReadonlySet<string>> {
  const own = shallowRef<ReadonlySet<string>>(new Set())
  const { user } = useSession()

  async function read(): Promise<void> {
    const asked = user.value?.id
    if (asked === undefined) {
      own.value = new Set()
      return
    }
    const { orders } = await ask(api.GET('/api/orders', { params: { query: { limit: KNOWN_MAX } } }))
    if (user.value?.id === asked) own.value = new Set([...own.value, ...orders.map(({ id }) => id)])
  }

  const live = useLive({
    topic: null,
    message: ({ kind, body }) => {
      const orderId = kind === 'order' ? body['orderId'] : undefined
      if (typeof orderId === 'string' && !own.value.has(orderId)) own.value = new Set([...own.value, orderId])
    },
    catchUp: read,
  })
  watch(
    () => user.value?.id,
    () => {
      own.value = new Set()
      void live.catchUp()
    },
    { immediate: true },
  )
  return own
}
