/** Which events of a run are listed, and what a list says of each. */
import { nameOf } from '../chart/place'
import { isObject, textOf } from '../chart/json'
import { detailsOf, resourceOf, roleOf } from '../run/event'
import type { Place, Run, RunEvent, Visit } from '../types'

export type Group = 'all' | 'states' | 'work' | 'nested' | 'execution' | 'failures'

export const GROUPS: readonly { group: Group; name: string }[] = [
  { group: 'all', name: 'All kinds' },
  { group: 'states', name: 'States entered and left' },
  { group: 'work', name: 'Calls and their answers' },
  { group: 'nested', name: 'Map and Parallel' },
  { group: 'execution', name: 'The execution itself' },
  { group: 'failures', name: 'What went wrong' },
]

export interface Filter {
  group: Group
  /** Only events of this state; all without it. */
  place: Place | null
  /** In names, types and payloads; case does not matter. */
  text: string
}

export const EVERYTHING: Filter = { group: 'all', place: null, text: '' }

/** How an event looks: what went wrong is bad, what came to its end well is good. */
export type Tone = 'bad' | 'good' | 'plain'

export function toneOf(type: string): Tone {
  if (/(Failed|TimedOut|Aborted)$/.test(type)) return 'bad'
  return /(Succeeded|Exited)$/.test(type) ? 'good' : 'plain'
}

/** Whether an event is of a group. */
export function isIn(group: Group, type: string): boolean {
  if (group === 'all') return true
  if (group === 'failures') return toneOf(type) === 'bad'
  switch (roleOf(type)) {
    case 'entered':
    case 'exited':
      return group === 'states'
    case 'work':
    case 'evaluation':
      return group === 'work'
    case 'execution':
      return group === 'execution'
    case 'unknown':
      return false
    default:
      return group === 'nested'
  }
}

/** A type in words: `Task state entered`. */
export function typeWords(type: string): string {
  const words = type.split(/(?<=[a-z])(?=[A-Z])/)
  return words.map((word, index) => (index === 0 ? word : word.toLowerCase())).join(' ')
}

/** The visits of a run by their ids. */
export function visitsById(run: Run): Map<number, Visit> {
  return new Map(run.visits.map((visit) => [visit.id, visit]))
}

/** What an event is about besides its state: whom it asks, or how it ended. */
export function detailOf(event: RunEvent): string {
  const details = detailsOf(event)
  const error = textOf(details['error'])
  if (error !== null) return error
  const iteration = details['index']
  if (typeof iteration === 'number') return `Iteration ${iteration + 1}`
  return roleOf(event.type) === 'work' ? resourceOf(details) : ''
}

/** The events that a filter lets through, in order. */
export function filtered(run: Run, visits: ReadonlyMap<number, Visit>, { group, place, text }: Filter): readonly RunEvent[] {
  const wanted = text.trim().toLowerCase()
  if (group === 'all' && place === null && wanted === '') return run.events
  return run.events.filter((event) => {
    if (!isIn(group, event.type)) return false
    const visit = event.visit === null ? undefined : visits.get(event.visit)
    if (place !== null && visit?.place !== place) return false
    if (wanted === '' || event.type.toLowerCase().includes(wanted) || typeWords(event.type).toLowerCase().includes(wanted)) return true
    return (visit !== undefined && nameOf(visit.place).toLowerCase().includes(wanted)) || isWithin(event.raw, wanted, 0)
  })
}

/** The states that have events, by their places, in the order in which they were entered first. */
export function placesOf(run: Run): Place[] {
  return [...new Set(run.visits.map(({ place }) => place))]
}

/** Whether a text is in a value. The names of members are every event's and tell nothing. It is looked for in place: writing 25,000 events as text would take seconds. */
function isWithin(value: unknown, wanted: string, depth: number): boolean {
  if (typeof value === 'string') return value.toLowerCase().includes(wanted)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value).includes(wanted)
  if (depth > 20) return false
  if (Array.isArray(value)) return value.some((one) => isWithin(one, wanted, depth + 1))
  return isObject(value) && Object.values(value).some((member) => isWithin(member, wanted, depth + 1))
}
