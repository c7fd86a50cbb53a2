/** The items of distributed maps, from the account. */
import { numberAt } from '../addresses'
import { BAD } from '../list/filters'
import type { Fate, Item, ItemSource, MapRun } from '../types'
import { readExecutions, readMapRun, type ExecutionRow } from './calls'

/** As many as one request gives. */
const PAGE = 100

const FATES: Readonly<Record<string, Fate>> = { RUNNING: 'running', SUCCEEDED: 'succeeded', FAILED: 'failed', TIMED_OUT: 'timedOut', ABORTED: 'aborted' }

/** @param signal ends what is being read */
export function itemsOf(signal: AbortSignal): ItemSource {
  return {
    mapRun: async (arn) => mapRunOf(arn, await readMapRun(arn, signal)),
    items: async (mapRun, isBadOnly, cursor) => {
      const page = await readExecutions({ mapRun, ...(isBadOnly && { status: [...BAD] }) }, cursor, signal, PAGE)
      return { items: page.rows.map(itemOf), next: page.next }
    },
  }
}

/** DescribeMapRun's answer, as it is shown. */
export function mapRunOf(arn: string, described: Readonly<Record<string, unknown>>): MapRun {
  const count = (name: string): number => numberAt(described, 'itemCounts', name)
  return {
    arn,
    isRunning: described['status'] === 'RUNNING',
    total: count('total'),
    pending: count('pending'),
    running: count('running'),
    succeeded: count('succeeded'),
    failed: count('failed'),
    timedOut: count('timedOut'),
    aborted: count('aborted'),
  }
}

/** Services name them by long random names, whose beginning tells them apart. */
function itemName(name: string): string {
  const random = /^([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.exec(name)
  return random === null ? name : `Item ${random[1]}`
}

function itemOf({ arn, name, status, startedMs, endedMs, error, failedState }: ExecutionRow): Item {
  // One that is to be redriven is neither over nor under way.
  return { arn, name: itemName(name), fate: FATES[status] ?? 'waiting', startedMs, endedMs, error, failedState }
}
