/** Pages that differ by their query only: whoever listens is told of another one as of another path. */
import { nextTick, watch } from 'vue'

/** @param what another value of it is another page */
export function useHeadingFocus(what: () => unknown): void {
  watch(what, async () => {
    await nextTick()
    document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
  })
}
