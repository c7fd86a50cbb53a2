/**
 * Nudges for the operations pages: everybody's orders, which operators may watch, and the movements of stock, by which a supply
 * request is known while its order stands still. Executions are called after the order or supply request that they carry.
 */
import { computed, effectScope } from 'vue'
import { useLive, useLiveness } from '../live/live'
import type { LiveMessage } from '../live/socket'
import type { Nudged, Nudges } from '../viewer/source/nudges'

/** The id of an order or supply request, at the beginning of what a movement is booked under. */
const ID = /^[a-z]{3}_[a-z0-9]{26}/

/** What a message is about; undefined when it is about no execution. */
export function subjectOf({ kind, body }: LiveMessage): string | undefined {
  const said = kind === 'order-moved' ? body['orderId'] : kind === 'movement' ? body['cause'] : undefined
  return typeof said === 'string' ? ID.exec(said)?.[0] : undefined
}

/** Nudges by what operators are told over the socket. */
export function orderNudges(): Nudges {
  const liveness = useLiveness()
  return {
    isConnected: computed(() => liveness.value === 'live'),
    listen: (nudged) => {
      const scope = effectScope(true)
      scope.run(() => {
        listen(nudged, () => liveness.value === 'live')
      })
      return () => {
        scope.stop()
      }
    },
  }
}

function listen(nudged: Nudged, isLive: () => boolean): void {
  const message = (told: LiveMessage) => {
    const subject = subjectOf(told)
    if (subject !== undefined) nudged(subject)
  }
  useLive({
    topic: 'orders',
    message,
    // What may have been missed may be anything. Without a socket the pages look by themselves, and less often than this is asked.
    catchUp: async () => {
      if (isLive()) nudged(null)
    },
  })
  // One message comes to every watcher, and the one above hears it already.
  useLive({ topic: 'stock', message: () => {}, catchUp: async () => {} })
}
