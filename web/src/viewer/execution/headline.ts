/** An execution in one sentence. */
import { nameOf } from '../chart/place'
import { lasted } from '../run/words'
import type { Run, Visit } from '../types'

/** @param nowMs the time that it is now; `null` if that is not known */
export function headline(run: Run, nowMs: number | null): string {
  const endMs = run.endedMs ?? (run.status === 'RUNNING' ? nowMs : null)
  const took = endMs === null ? '' : lasted(endMs - run.startedMs)
  const again = run.redrivenMs.length === 0 ? '' : run.redrivenMs.length === 1 ? ' It was redriven once.' : ` It was redriven ${run.redrivenMs.length} times.`
  switch (run.status) {
    case 'RUNNING':
      return `It runs${took === '' ? '' : ` for ${took}`}${standing(run)}.${again}`
    case 'SUCCEEDED':
      return `It succeeded${within(took)}.${again}`
    case 'FAILED': {
      const at = failedAt(run)
      return `It failed${after(took)}${at === undefined ? '' : ` at ${nameOf(at.place)}`}${run.error === null ? '' : ` with ${run.error}`}.${again}`
    }
    case 'TIMED_OUT':
      return `Its time limit ended it${after(took)}${standing(run)}.${again}`
    case 'ABORTED':
      return `It was stopped${after(took)}${standing(run)}${run.error === null ? '' : `: ${run.error}`}.${again}`
    case 'PENDING_REDRIVE':
      return `It failed and is about to be redriven.${again}`
  }
}

/** The innermost visit that brought an execution down, if its history tells. */
export function failedAt(run: Run): Visit | undefined {
  const around = new Set(run.visits.filter(({ fate }) => fate === 'failed' || fate === 'timedOut').map(({ parent }) => parent))
  const bad = run.visits.filter(({ fate, id }) => (fate === 'failed' || fate === 'timedOut') && !around.has(id))
  return bad.findLast(({ error }) => error !== null && error === run.error) ?? bad.at(-1)
}

function within(took: string): string {
  return took === '' ? '' : ` in ${took}`
}

function after(took: string): string {
  return took === '' ? '' : ` after ${took}`
}

/** Where it stands, or stood at its end: `, at WaitForPayment`. */
function standing({ visits, status }: Run): string {
  const is = (visit: Visit): boolean => (status === 'RUNNING' ? visit.leftMs === null : visit.fate === 'aborted' || visit.fate === 'timedOut')
  const open = visits.filter(is)
  const outer = new Set(open.map(({ parent }) => parent))
  const places = [...new Set(open.filter(({ id }) => !outer.has(id)).map(({ place }) => nameOf(place)))]
  if (places.length === 0) return ''
  return places.length > 3 ? `, at ${places.length} states` : `, at ${places.join(' and ')}`
}
