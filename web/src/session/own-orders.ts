/** Which orders are the reader's own: only those can be opened, so only those are linked from what everybody sees. */
import { shallowRef, watch, type ShallowRef } from 'vue'
import { api, ask } from '../api/client'
import { useLive } from '../live/live'
import { useSession } from './session'

/** So many of the latest orders are known. */
const KNOWN_MAX = 25
/** They only decide what is a link, so they are not read as often as what is shown. */
const READ_EVERY_MS = 60_000

/** The ids of the reader's latest orders; empty for a guest. */
export function useOwnOrders(): ShallowRef<ReadonlySet<string>> {
  const own = shallowRef<ReadonlySet<string>>(new Set())
  const { user } = useSession()
  let readFor: string | undefined
  let readAtMs = 0

  async function read(): Promise<void> {
    const asked = user.value?.id
    if (asked === undefined) return
    if (asked === readFor && Math.abs(Date.now() - readAtMs) < READ_EVERY_MS) return
    const { orders } = await ask(api.GET('/api/orders', { params: { query: { limit: KNOWN_MAX } } }))
    if (user.value?.id !== asked) return
    own.value = new Set([...own.value, ...orders.map(({ id }) => id)])
    readFor = asked
    readAtMs = Date.now()
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
