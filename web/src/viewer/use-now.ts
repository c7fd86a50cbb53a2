/** The server's time as it passes, for what is counted down and for how long things take. */
import { onScopeDispose, ref, type Ref } from 'vue'
import { serverClock } from '../clock/server-clock'

/** ms since 1970; `null` while the server's time is not known. */
export function useNow(everyMs = 1_000): Readonly<Ref<number | null>> {
  const nowMs = ref(serverClock.knownMs())
  const timer = setInterval(() => {
    nowMs.value = serverClock.knownMs()
  }, everyMs)
  onScopeDispose(() => {
    clearInterval(timer)
  })
  return nowMs
}
