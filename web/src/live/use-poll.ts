/** Looks again every so often while something is going on, because a message that says how it ended may never come. */
import { onScopeDispose } from 'vue'

/**
 * @param everyMs pause between two looks
 * @param isGoingOn whether to look at all; a hidden page does not
 * @param look one look; the next one waits for it
 */
export function usePoll(everyMs: number, isGoingOn: () => boolean, look: () => Promise<void>): void {
  let isLooking = false
  const timer = setInterval(() => {
    if (isLooking || !isGoingOn() || document.visibilityState === 'hidden') return
    isLooking = true
    void look().finally(() => {
      isLooking = false
    })
  }, everyMs)
  onScopeDispose(() => {
    clearInterval(timer)
  })
}
