/** What a history does not tell, in words. */
import type { Chart, RunEvent, RunStatus } from '../types'
import { detailsOf, isCut, roleOf } from './event'

/** What is counted while a history is read. */
export interface Seen {
  readonly chart: Chart | null
  readonly status: RunStatus
  readonly strangeNames: ReadonlySet<string>
  readonly strangeTypes: ReadonlySet<string>
  readonly homeless: number
  readonly hasCutOff: boolean
  readonly payloads: Payloads
  readonly holes: readonly string[]
  readonly isEndMissing: boolean
  /** Names of distributed maps that were entered. */
  readonly distributed: ReadonlySet<string>
}

/** How many events have the payload that they should have. */
export class Payloads {
  there = 0
  missing = 0
  cut = 0

  take(event: RunEvent): void {
    const role = roleOf(event.type)
    if (role !== 'entered' && role !== 'exited') return
    const details = detailsOf(event)
    if (typeof details[role === 'entered' ? 'input' : 'output'] === 'undefined') this.missing += 1
    else this.there += 1
    if (isCut(details)) this.cut += 1
  }
}

/** The ids that are not there, as `3` or `4 to 9`. `events` are in order. */
export function holesIn(events: readonly RunEvent[]): string[] {
  const holes: string[] = []
  let last = events[0]?.id ?? 0
  for (const { id } of events) {
    if (id > last + 1) holes.push(id === last + 2 ? `${last + 1}` : `${last + 1} to ${id - 1}`)
    last = id
  }
  return holes
}

/** All gaps, the largest first. */
export function gapWords(seen: Seen, first: RunEvent | undefined): string[] {
  const gaps: string[] = []
  const { payloads, holes } = seen
  if (first !== undefined && first.id > 1) gaps.push(`The history begins at event ${first.id}; what happened before is not in it.`)
  if (holes.length > 0) gaps.push(`Events ${holes.slice(0, 3).join(', ')}${holes.length > 3 ? ' and more' : ''} are missing.`)
  if (seen.isEndMissing) gaps.push('The execution has ended, and its last events are not here yet.')
  if (payloads.there === 0 && payloads.missing > 0) gaps.push('This history has no inputs and outputs.')
  else if (payloads.missing > 0) gaps.push(`${counted(payloads.missing, 'event has no input or output', 'events have no input or output')}.`)
  if (payloads.cut > 0) gaps.push(`${counted(payloads.cut, 'input or output was', 'inputs or outputs were')} too large for the history and cut.`)
  for (const name of seen.distributed) gaps.push(`The items of ${name} are executions of their own; what happened in them is in their histories.`)
  if (seen.strangeNames.size > 0) {
    gaps.push(`The definition has no state named ${listed(seen.strangeNames)}: it is another version than the one that ran.`)
  }
  if (seen.hasCutOff && (seen.status === 'ABORTED' || seen.status === 'TIMED_OUT')) {
    gaps.push(`${seen.status === 'ABORTED' ? 'A stopped' : 'A timed-out'} execution has no events for the states that were at work; they are shown as ended with it.`)
  }
  if (seen.strangeTypes.size > 0) gaps.push(`There are events of kinds that are not known here: ${listed(seen.strangeTypes)}.`)
  if (seen.homeless > 0) gaps.push(`${counted(seen.homeless, 'event could', 'events could')} not be matched with a state.`)
  return gaps
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

function listed(names: ReadonlySet<string>): string {
  const first = [...names].slice(0, 3)
  return first.join(', ') + (names.size > 3 ? ` and ${names.size - 3} more` : '')
}
