/**
 * An execution of an account: described, then its history page by page, each shown as soon as it comes. While it runs the
 * page asks every so often for what is new.
 */
import { computed, onScopeDispose, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { asProblem, type Problem } from '../../api/problem'
import { textOf } from '../chart/json'
import { Reading } from '../run/read-run'
import type { Chart, Run } from '../types'
import { readExecution, readHistory } from './calls'
import { useLooks } from './nudges'
import { aboutOf, chartOfDefinition, definitionIn, SeenCharts, type About } from './shown'

const PAUSES = { told: 5_000, local: 2_000, remote: 4_000, apart: { local: 1_000, remote: 1_000 } }
/** The last events of an execution may come after it is described as ended; so often they are waited for. */
const LATE_LOOKS_MAX = 5

export interface ShownExecution {
  readonly about: Readonly<ShallowRef<About | undefined>>
  readonly run: Readonly<ShallowRef<Run | undefined>>
  readonly chart: ComputedRef<Chart | undefined>
  /** Pages are still to come. */
  readonly isReading: Readonly<Ref<boolean>>
  readonly problem: Readonly<Ref<Problem | null>>
  /** Everything anew, or on from where it failed. */
  readonly reload: () => Promise<void>
  /** Looks now at what is new; after something was done to it. */
  readonly look: () => Promise<void>
}

export function useExecution(arn: string): ShownExecution {
  const about = shallowRef<About>()
  const run = shallowRef<Run>()
  const fromDefinition = shallowRef<Chart | null>(null)
  const isReading = ref(true)
  const problem = shallowRef<Problem | null>(null)
  const seen = new SeenCharts()
  const left = new AbortController()
  /** Shared with the reading: what pages say that they do not tell. */
  const gaps: string[] = []
  let reading: Reading | undefined
  let cursor: string | undefined
  let lateLooks = 0
  /** The reading that goes on; another one would read the same. */
  let underWay: Promise<void> | undefined

  async function describe(): Promise<Reading> {
    const { execution, machine } = await readExecution(arn, left.signal)
    const definition = about.value?.definition ?? definitionIn(machine)
    about.value = aboutOf({ executionArn: arn, ...execution }, machine, definition, arn)
    if (reading === undefined) {
      fromDefinition.value = chartOfDefinition(definition)
      reading = new Reading(fromDefinition.value, { execution, gaps })
    }
    reading.describe(execution)
    return reading
  }

  function take(read: Reading, page: { events: readonly unknown[]; gaps: readonly string[] }): void {
    for (const gap of page.gaps) if (!gaps.includes(gap)) gaps.push(gap)
    run.value = read.append(page.events)
  }

  /** Reads what is still missing. A page that came shows that the reading goes on, whoever began it. */
  async function readOn(): Promise<void> {
    try {
      const read = await describe()
      do {
        const page = await readHistory(arn, { ...(cursor === undefined ? {} : { cursor }) }, left.signal)
        cursor = page.next
        take(read, page)
        problem.value = null
        isReading.value = cursor !== undefined
      } while (cursor !== undefined)
    } catch (thrown) {
      if (left.signal.aborted) return
      problem.value = asProblem(thrown)
      isReading.value = false
    }
  }

  function resume(): Promise<void> {
    underWay ??= readOn().finally(() => {
      underWay = undefined
    })
    return underWay
  }

  async function reload(): Promise<void> {
    isReading.value = true
    problem.value = null
    await resume()
  }

  async function look(): Promise<void> {
    const known = run.value
    if (known === undefined || cursor !== undefined) {
      // What was shown of the failure stays until something comes.
      if (problem.value?.isRetryable === true) await resume()
      return
    }
    try {
      const read = await describe()
      let after = known.events.at(-1)?.id ?? 0
      for (;;) {
        const page = await readHistory(arn, { after }, left.signal)
        take(read, page)
        const last = run.value?.events.at(-1)?.id ?? 0
        if (page.next === undefined || last === after) break
        after = last
      }
      lateLooks = run.value?.status === 'RUNNING' ? 0 : lateLooks + 1
      problem.value = null
    } catch (thrown) {
      if (!left.signal.aborted) problem.value = asProblem(thrown)
    }
  }

  function isGoingOn(): boolean {
    if (isReading.value || problem.value?.status === 401 || problem.value?.status === 403) return false
    if (problem.value?.isRetryable === true) return true
    if (run.value === undefined || cursor !== undefined) return false
    const { status, events } = run.value
    if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return true
    return events.at(-1)?.type.startsWith('Execution') !== true && lateLooks < LATE_LOOKS_MAX
  }

  /** Executions are called after what they carry, or have it in their input. */
  function concerns(subject: string): boolean {
    return arn.includes(subject) || (textOf(about.value?.execution['input']) ?? '').includes(subject)
  }

  useLooks(PAUSES, { isGoingOn, look, isHurried: () => run.value?.status !== 'RUNNING' }, concerns)
  onScopeDispose(() => {
    left.abort()
  })
  void reload()
  return {
    about,
    run,
    chart: computed(() => fromDefinition.value ?? (run.value === undefined ? undefined : seen.of(run.value))),
    isReading,
    problem,
    reload,
    look,
  }
}
