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

/** So many rows more than somebody asked for may a list grow by; then it begins anew. */
const GROWN_MAX = 200

/** A list after its first page was read again. */
export interface Refreshed {
  readonly rows: ExecutionRow[]
  /** It is the page and nothing else, and goes on where the page does. */
  readonly isAnew: boolean
}

/**
 * What a list shows after its first page was read again.
 *
 * What lies in the time of the fresh page and is not on it has changed, and would be on it if it still belonged to the
 * list. What lies further down was not looked at, and stays, unless nobody knows what lies in between.
 *
 * @param asked how many rows somebody has asked for
 */
export function refreshed(known: readonly ExecutionRow[], first: Pick<ExecutionsPage, 'rows' | 'next'>, asked: number): Refreshed {
  const anew = { rows: [...first.rows], isAnew: true }
  if (first.next === undefined) return anew
  // Whose whole name was asked for comes first, whenever it was.
  const last = first.rows.length > 1 ? first.rows.at(-1) : undefined
  const reachesMs = last === undefined ? Number.POSITIVE_INFINITY : placeInTime(last)
  const isApart = last !== undefined && known.length > 0 && !known.some((row) => row.arn !== first.rows[0]?.arn && placeInTime(row) >= reachesMs)
  const isEnough = first.rows.length > 0 && first.rows.length >= asked
  if (isApart || isEnough) return anew
  const rows = extended(
    first.rows,
    known.filter((row) => placeInTime(row) < reachesMs),
  )
  return rows.length > asked + GROWN_MAX ? anew : { rows, isAnew: false }
}
