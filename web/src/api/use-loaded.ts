/**
 * Something that a page reads: loading, there, or failed with the reason. Reloading keeps what is shown until the new
 * is there. Of two readings under way the later wins, and whoever waits for the earlier waits for the later instead.
 */
import { computed, onScopeDispose, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { asProblem, type Problem } from './problem'

/** What a page shows of a reading. */
export interface Loaded<Value> {
  /** The latest that was read; undefined before the first. */
  readonly value: ShallowRef<Value | undefined>
  /** Why the latest reading failed; null when it did not. */
  readonly problem: Readonly<Ref<Problem | null>>
  /** Nothing was read yet, and nothing failed. */
  readonly isLoading: ComputedRef<boolean>
  /**
   * Reads again; resolves once what is there was read after this was called, or that failed. Never rejects: a failure is
   * in `problem`.
   */
  readonly reload: () => Promise<void>
  /** Reads again, and rejects if that failed or the page was left before it ended: what `useLive` wants to be told. */
  readonly catchUp: () => Promise<void>
}

/**
 * Reads at once, and again whenever told to.
 *
 * @param load one reading; it is aborted when the page is left or a later one begins
 */
export function useLoaded<Value>(load: (signal: AbortSignal) => Promise<Value>): Loaded<Value> {
  const value = shallowRef<Value>()
  const problem = ref<Problem | null>(null) as Ref<Problem | null>
  const isUnderWay = ref(false)
  let current: AbortController | undefined
  let latest: Promise<void> | undefined
  let isLeft = false

  async function read(): Promise<void> {
    current?.abort()
    const mine = new AbortController()
    current = mine
    isUnderWay.value = true
    try {
      const fresh = await load(mine.signal)
      if (current !== mine) return
      value.value = fresh
      problem.value = null
    } catch (thrown) {
      if (current !== mine || mine.signal.aborted) return
      problem.value = asProblem(thrown)
    } finally {
      if (current === mine) isUnderWay.value = false
    }
  }

  async function reload(): Promise<void> {
    latest = read()
    for (let awaited; awaited !== latest; ) {
      awaited = latest
      await awaited
    }
  }

  onScopeDispose(() => {
    isLeft = true
    const last = current
    current = undefined
    last?.abort()
  })
  void reload()
  return {
    value,
    problem,
    isLoading: computed(() => value.value === undefined && problem.value === null && isUnderWay.value),
    reload,
    catchUp: async () => {
      await reload()
      if (isLeft) throw new DOMException('The page was left before this was read.', 'AbortError')
      if (problem.value !== null) throw problem.value
    },
  }
}
