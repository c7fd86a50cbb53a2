/** What the server shows, asked for by each page and remembered for the next, so that no page waits for it twice. */
import { computed, shallowRef, watch } from 'vue'
import { api, ask, type Shape } from '../api/client'
import { useLoaded } from '../api/use-loaded'
import { useSession } from '../session/session'

/** Which account is shown, and what the server can do. */
type Viewer = Shape<'Viewer'>

/** Asks the server. Apart from the other calls, because it is what every page begins with. */
export async function readViewer(signal: AbortSignal): Promise<Viewer> {
  return await ask(api.GET('/api/ops/viewer', { signal }))
}

/** The latest answer, and whose it is. */
const known = shallowRef<{ readonly viewer: Viewer; readonly user: string | undefined }>()

export function useViewer() {
  const { user } = useSession()
  const { value, problem, isLoading, reload } = useLoaded(readViewer)
  watch(value, (viewer) => {
    if (viewer !== undefined) known.value = { viewer, user: user.value?.id }
  })
  watch(problem, (met) => {
    if (met?.status === 401 || met?.status === 403) known.value = undefined
  })
  const viewer = computed(() => value.value ?? (known.value?.user === user.value?.id ? known.value?.viewer : undefined))
  return { viewer, problem, isLoading, reload }
}
