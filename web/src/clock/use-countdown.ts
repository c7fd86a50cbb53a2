/** Time that is left until a moment of the server's, as it runs. */
import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue'
import { serverClock } from './server-clock'

/** What a countdown shows. */
export interface Countdown {
  /** Milliseconds until the moment; never below 0. */
  readonly leftMs: Ref<number>
  readonly isOver: ComputedRef<boolean>
}

/** Between two looks at the clock. Short, so that 0 is said when it is 0. */
const LOOK_EVERY_MS = 200

/** Counts down to `until` (RFC 3339, the server's time). Without a moment there is nothing left and nothing over. */
export function useCountdown(until: () => string | undefined): Countdown {
  const leftMs = ref(0)
  const hasMoment = ref(false)

  function look(): void {
    const moment = until()
    const untilMs = moment === undefined ? Number.NaN : Date.parse(moment)
    hasMoment.value = !Number.isNaN(untilMs)
    leftMs.value = hasMoment.value ? Math.max(0, untilMs - serverClock.nowMs()) : 0
  }

  watch(until, look, { immediate: true })
  const timer = setInterval(look, LOOK_EVERY_MS)
  onScopeDispose(() => {
    clearInterval(timer)
  })
  return { leftMs, isOver: computed(() => hasMoment.value && leftMs.value === 0) }
}
