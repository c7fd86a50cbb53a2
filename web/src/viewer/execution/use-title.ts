/** What the browser's tab says of an execution: how it stands first, so that one among many tabs tells it. */
import { watch } from 'vue'
import { useRoute } from 'vue-router'
import { statusWords } from '../run/words'
import type { RunStatus } from '../types'

const SIGNS: Readonly<Record<RunStatus, string>> = { RUNNING: '▸', SUCCEEDED: '✓', FAILED: '✗', TIMED_OUT: '✗', ABORTED: '■', PENDING_REDRIVE: '↻' }

/** `✗ failed · order-17`. */
export function titleOf(status: RunStatus, name: string): string {
  return `${SIGNS[status]} ${statusWords(status).toLowerCase()} · ${name}`
}

export function useTitle(what: () => { readonly status: RunStatus; readonly name: string }): void {
  const route = useRoute()
  // Going to another part of the page gives it its own title again, before this.
  watch(
    () => [titleOf(what().status, what().name), route.fullPath] as const,
    ([title]) => {
      document.title = title
    },
    { immediate: true, flush: 'post' },
  )
}
