/**
 * The executions that somebody looks for: page by page, and kept up to date. A request looks at so many and answers with
 * what it found, so a list goes on by itself for a little while, and then says how far it has looked.
 */
import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { asProblem, type Problem } from '../../api/problem'
import { serverClock } from '../../clock/server-clock'
import { readCounts, readExecutions, type ExecutionRow } from '../source/calls'
import { useLooks, type Freshness } from '../source/nudges'
import { askedOf, countedOf, type AskedFilters, type Filters } from './filters'
import { extended, refreshed } from './merge'

/** A look asks for a page of each machine and for its counts. On AWS a whole account shares few such questions a second. */
const PAUSES = { told: 15_000, local: 4_000, remote: 10_000, apart: { local: 1_000, remote: 5_000 } }
/** Requests that are made by themselves for one press, while they find little. */
const REQUESTS_MAX = 4
/** So many found rows are something to look at. */
const ENOUGH = 10

/** Times before now are counted by the clock that executions go by, as soon as an answer has told it. */
function askedAtMs(): number {
  return serverClock.knownMs() ?? Date.now()
}

export interface ShownExecutions {
  /** Undefined before the first answer. */
  readonly rows: Readonly<Ref<readonly ExecutionRow[] | undefined>>
  readonly counts: Readonly<Ref<{ counts: Readonly<Record<string, number>>; isWhole: boolean } | undefined>>
  readonly notes: Readonly<Ref<readonly string[]>>
  readonly lookedAt: Readonly<Ref<number>>
  readonly hasMore: ComputedRef<boolean>
  /** A reading that somebody asked for is under way. */
  readonly isReading: Readonly<Ref<boolean>>
  readonly problem: Readonly<Ref<Problem | null>>
  readonly freshness: ComputedRef<Freshness>
  readonly more: () => Promise<void>
  readonly restart: () => Promise<void>
}

export function useExecutions(filters: () => Filters): ShownExecutions {
  const rows = shallowRef<readonly ExecutionRow[]>()
  const counts = shallowRef<{ counts: Readonly<Record<string, number>>; isWhole: boolean }>()
  const notes = shallowRef<readonly string[]>([])
  const lookedAt = ref(0)
  const next = ref<string>()
  const isReading = ref(false)
  const problem = shallowRef<Problem | null>(null)
  let current = new AbortController()
  /** Rows that somebody has asked for; what comes on top while they look is more. */
  let wanted = 0

  function begin(): AbortController {
    current.abort()
    current = new AbortController()
    return current
  }

  /** Reads on from where the list ends; a list that begins anew ends nowhere. */
  async function read(isAnother: boolean): Promise<void> {
    const mine = begin()
    const asked = askedOf(filters(), askedAtMs())
    isReading.value = true
    problem.value = null
    let found = 0
    let cursor = isAnother ? undefined : next.value
    try {
      for (let request = 0; request < REQUESTS_MAX; request += 1) {
        const page = await readExecutions(asked, cursor, mine.signal)
        if (current !== mine) return
        const isFirst = isAnother && request === 0
        rows.value = isFirst ? page.rows : extended(rows.value ?? [], page.rows)
        wanted = rows.value.length
        lookedAt.value = (isFirst ? 0 : lookedAt.value) + page.lookedAt
        notes.value = [...new Set([...(isFirst ? [] : notes.value), ...page.notes])]
        next.value = cursor = page.next
        found += page.rows.length
        if (cursor === undefined || found >= ENOUGH) break
      }
    } catch (thrown) {
      if (current !== mine || mine.signal.aborted) return
      if (isAnother) rows.value = undefined
      problem.value = asProblem(thrown)
    } finally {
      if (current === mine) isReading.value = false
    }
  }

  async function readCount(): Promise<void> {
    const asked = askedOf(filters(), askedAtMs())
    try {
      const read = await readCounts(asked, current.signal)
      // A time before now moves on meanwhile and is the same filter.
      const whole = (one: AskedFilters) => JSON.stringify({ ...countedOf(one), from: 0 })
      if (whole(askedOf(filters(), 0)) === whole(asked)) counts.value = read
    } catch {
      // The list itself says that nothing answers.
      counts.value = undefined
    }
  }

  async function restart(): Promise<void> {
    await Promise.all([read(true), readCount()])
  }

  let failedLooks = 0

  /** Looks again at the newest. One failure is nothing yet; the second in a row, or being signed out, is said. */
  async function look(): Promise<void> {
    const mine = current
    try {
      const page = await readExecutions(askedOf(filters(), askedAtMs()), undefined, mine.signal)
      if (current !== mine || isReading.value) return
      const now = refreshed(rows.value ?? [], page, wanted)
      const isAnew = now.isAnew || rows.value === undefined
      rows.value = now.rows
      if (isAnew) {
        next.value = page.next
        lookedAt.value = page.lookedAt
        wanted = now.rows.length
      }
      problem.value = null
      failedLooks = 0
      await readCount()
    } catch (thrown) {
      if (current !== mine || mine.signal.aborted) return
      const met = asProblem(thrown)
      failedLooks += 1
      if (rows.value === undefined || failedLooks > 1 || met.status === 401 || met.status === 403) problem.value = met
    }
  }

  watch(filters, (now, before) => {
    if (JSON.stringify(now) !== JSON.stringify(before)) void restart()
  })
  const isGoingOn = () => !isReading.value && problem.value?.status !== 401 && problem.value?.status !== 403
  const freshness = useLooks(PAUSES, { isGoingOn, look })
  onScopeDispose(() => {
    current.abort()
  })
  void restart()
  const hasMore = computed(() => next.value !== undefined)
  return { rows, counts, notes, lookedAt, hasMore, isReading, problem, freshness, more: () => read(false), restart }
}
