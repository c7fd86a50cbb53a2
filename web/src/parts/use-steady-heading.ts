/** Focus stays on the page's heading when that becomes another element, because what the page is about has come. */
import { nextTick, watch } from 'vue'

/** @param what changes when the heading does */
export function useSteadyHeading(what: () => unknown): void {
  watch(what, async () => {
    if (document.activeElement?.matches('main h1') !== true) return
    await nextTick()
    document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
  })
}
