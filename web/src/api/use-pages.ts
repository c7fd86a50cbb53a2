/**
 * A list that is read page by page: loading, empty, failed or there, and longer when somebody asks for more. Catching
 * up reads again the pages that are shown, and no others.
 */
import { computed, onScopeDispose, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import { asProblem, type Problem } from './problem'

/** One page as the API gives it. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** The cursor of the next page; absent on the last. */
  readonly next: string | null | undefined
}

/** What a page shows of a list. */
export interface Pages<Item> {
  /** Everything that was read, each thing once; undefined before the first page came. */
  readonly items: ComputedRef<readonly Item[] | undefined>
  /** Why the latest reading failed; null when it did not. */
  readonly problem: Readonly<Ref<Problem | null>>
  /** Nothing is there yet, and nothing failed. */
  readonly isLoading: ComputedRef<boolean>
  readonly hasMore: ComputedRef<boolean>
  /** The next page is under way. */
  readonly isExtending: Readonly<Ref<boolean>>
  /** Why the next page did not come. */
  readonly extendProblem: Readonly<Ref<Problem | null>>
  /** Reads the next page. */
  readonly extend: () => Promise<void>
  /** Reads again what is shown. Never rejects: a failure is in `problem`. */
  readonly reload: () => Promise<void>
  /** Reads the first page of another list: what was shown stays until it comes, and goes if it does not. */
  readonly restart: () => Promise<void>
  /** Another list is under way, and what is shown is still the one before. */
  readonly isRestarting: Readonly<Ref<boolean>>
  /** Reads again what is shown, and rejects with the problem if that failed: what `useLive` wants to be told. */
  readonly catchUp: () => Promise<void>
}

/**
 * Reads the first page at once.
 *
 * @param read one page; it is aborted when the page is left or what it is for is not wanted any more
 */
export function usePages<Item extends { readonly id: string }>(
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Item>>,
): Pages<Item> {
  const pages = shallowRef<readonly Page<Item>[]>()
  const problem = ref<Problem | null>(null) as Ref<Problem | null>
  const extendProblem = ref<Problem | null>(null) as Ref<Problem | null>
  const isExtending = ref(false)
  const isRestarting = ref(false)
  let current: AbortController | undefined
  let extending: Promise<void> | undefined
  let restarting: Promise<unknown> | undefined
  let reloading: Promise<void> | undefined
  /** Something was heard while a reading was under way, which may have read too early for that. */
  let isDueAgain = false
  let isLeft = false

  const next = computed(() => pages.value?.at(-1)?.next ?? undefined)
  const items = computed(() => (pages.value === undefined ? undefined : eachOnce(pages.value)))

  function begin(): AbortController {
    current?.abort()
    current = new AbortController()
    return current
  }

  /** @returns whether it was tried; another that began later may have taken its place */
  async function readAgain(count: number, isAnother: boolean): Promise<boolean> {
    const mine = begin()
    isRestarting.value ||= isAnother
    try {
      const fresh: Page<Item>[] = []
      do {
        const page = await read(fresh.at(-1)?.next ?? undefined, mine.signal)
        if (current !== mine) return false
        fresh.push(page)
      } while (fresh.length < count && fresh.at(-1)?.next)
      pages.value = fresh
      problem.value = null
      extendProblem.value = null
    } catch (thrown) {
      if (current !== mine || mine.signal.aborted) return false
      if (isRestarting.value) pages.value = undefined
      problem.value = asProblem(thrown)
    } finally {
      if (current === mine) isRestarting.value = false
    }
    return true
  }

  async function restart(): Promise<void> {
    const mine = readAgain(1, true)
    restarting = mine
    await mine
    if (restarting === mine) restarting = undefined
  }

  /** One reading at a time: under a flood of news each would end the one before, and none would ever be shown. */
  async function reload(): Promise<void> {
    isDueAgain = true
    reloading ??= readWhileDue()
    await reloading
  }

  async function readWhileDue(): Promise<void> {
    while (isDueAgain && !isLeft) {
      // Somebody asked for more, or for another list: that comes first, and is not thrown away.
      await (extending ?? restarting)
      if (extending !== undefined || restarting !== undefined) continue
      isDueAgain = false
      if (!(await readAgain(isRestarting.value ? 1 : (pages.value?.length ?? 1), false))) isDueAgain = true
    }
    reloading = undefined
  }

  async function extend(): Promise<void> {
    const cursor = next.value
    if (cursor === undefined || isExtending.value) return
    const mine = begin()
    isExtending.value = true
    extendProblem.value = null
    extending = (async () => {
      try {
        const page = await read(cursor, mine.signal)
        if (current === mine) pages.value = [...(pages.value ?? []), page]
      } catch (thrown) {
        if (current === mine && !mine.signal.aborted) extendProblem.value = asProblem(thrown)
      } finally {
        isExtending.value = false
        extending = undefined
      }
    })()
    await extending
  }

  onScopeDispose(() => {
    isLeft = true
    const last = current
    current = undefined
    last?.abort()
  })
  void restart()
  return {
    items,
    problem,
    isLoading: computed(() => pages.value === undefined && problem.value === null),
    hasMore: computed(() => next.value !== undefined),
    isExtending,
    extendProblem,
    extend,
    reload,
    restart,
    isRestarting,
    catchUp: async () => {
      await reload()
      if (problem.value !== null) throw problem.value
    },
  }
}

/** What moved from one page to another between two readings is on both. */
function eachOnce<Item extends { readonly id: string }>(pages: readonly Page<Item>[]): readonly Item[] {
  const known = new Map<string, Item>()
  for (const page of pages) for (const item of page.items) if (!known.has(item.id)) known.set(item.id, item)
  return [...known.values()]
}
