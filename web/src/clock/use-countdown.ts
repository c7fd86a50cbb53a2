/** Time that is left until a moment of the server's, as it runs. */
import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue'
import { api } from '../api/client'
import { serverClock } from './server-clock'

/** What a countdown shows. */
export interface Countdown {
  /** Milliseconds until the moment; never below 0, and 0 while the server's time is not known. */
  readonly leftMs: Ref<number>
  /** Whether the server's time is known; without it nobody knows what is left. */
  readonly isKnown: Ref<boolean>
  readonly isOver: ComputedRef<boolean>
}

/** Between two looks at the clock. Short, so that 0 is said when it is 0. */
const LOOK_EVERY_MS = 200
/** Pause before the time is asked for again, ms. */
const ASK_EVERY_MS = 2_000

let isAsking = false

/** Counts down to `until` (RFC 3339, the server's time). Without a moment there is nothing left and nothing over. */
export function useCountdown(until: () => string | undefined): Countdown {
  const leftMs = ref(0)
  const hasMoment = ref(false)
  const isKnown = ref(serverClock.isKnown)

  function look(): void {
    const moment = until()
    const untilMs = moment === undefined ? Number.NaN : Date.parse(moment)
    const nowMs = serverClock.knownMs()
    hasMoment.value = !Number.isNaN(untilMs)
    isKnown.value = nowMs !== null
    if (hasMoment.value && nowMs === null) void askTheTime()
    leftMs.value = hasMoment.value && nowMs !== null ? Math.max(0, untilMs - nowMs) : 0
  }

  watch(until, look, { immediate: true })
  const timer = setInterval(look, LOOK_EVERY_MS)
  onScopeDispose(() => {
    clearInterval(timer)
  })
  return { leftMs, isKnown, isOver: computed(() => hasMoment.value && isKnown.value && leftMs.value === 0) }
}

/** Any answer of the shop tells its time. One question at a time, for all countdowns together. */
async function askTheTime(): Promise<void> {
  if (isAsking) return
  isAsking = true
  try {
    await api.GET('/api/shop')
  } catch {
    // Nothing answers: it is asked again, and the page says for itself that it is offline.
  }
  setTimeout(() => {
    isAsking = false
  }, ASK_EVERY_MS)
}
