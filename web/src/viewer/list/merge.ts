/** A list that somebody has made longer, when its first page is read again. */
import type { ExecutionRow, ExecutionsPage } from '../source/calls'

/** When something last happened to it, as lists are sorted. */
export function placeInTime({ endedMs, redrivenMs, startedMs }: ExecutionRow): number {
  return endedMs ?? redrivenMs ?? startedMs
}

/** Rows, each once, with the rows of another page below them. */
export function extended(rows: readonly ExecutionRow[], more: readonly ExecutionRow[]): ExecutionRow[] {
  const known = new Set(rows.map(({ arn }) => arn))
  return [...rows, ...more.filter(({ arn }) => !known.has(arn))]
}

/**
 * What a list shows after its first page was read again.
 *
 * What lies in the time of the fresh page and is not on it has changed, and would be on it if it still belonged to the
 * list. What lies further down was not looked at, and stays.
 */
export function refreshed(known: readonly ExecutionRow[], first: Pick<ExecutionsPage, 'rows' | 'next'>): ExecutionRow[] {
  if (first.next === undefined) return [...first.rows]
  // Whose whole name was asked for comes first, whenever it was.
  const last = first.rows.length > 1 ? first.rows.at(-1) : undefined
  const reachesMs = last === undefined ? Number.POSITIVE_INFINITY : placeInTime(last)
  return extended(
    first.rows,
    known.filter((row) => placeInTime(row) < reachesMs),
  )
}
