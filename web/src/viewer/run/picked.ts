/** What the graph shows of a run: of all of it, or of the iterations that somebody picked. */
import { around } from '../chart/place'
import type { Attempt, Fate, Place, Run, StateLook, Visit } from '../types'
import { eventById } from './read-run'
import { detailsOf } from './event'

/** Of Map states, the iteration that was picked; what is not in it is shown altogether. */
export type Picked = ReadonlyMap<Place, number>

const ALL: Picked = new Map()

/** What weighs more, first: one failed iteration among many that succeeded is what one looks for. */
const WEIGHT: readonly Fate[] = ['failed', 'timedOut', 'running', 'waiting', 'aborted', 'caught', 'succeeded']

/** What weighs more comes first. */
export function weightOf(fate: Fate): number {
  return WEIGHT.indexOf(fate)
}

/**
 * How each state looks. A state that was entered several times looks like its newest visit; one within Map states for
 * which nothing is picked like its weightiest iteration.
 */
export function looks(run: Run, picked: Picked = ALL): Map<Place, StateLook> {
  const known = new Known(run)
  const newest = new Map<string, Visit>()
  const found = new Map<Place, StateLook>()
  for (const visit of run.visits) {
    if (!known.isPicked(visit, picked)) continue
    const look = found.get(visit.place) ?? { fate: 'succeeded', retries: 0, visits: 0 }
    look.visits += 1
    look.retries += retriesOf(visit, run)
    found.set(visit.place, look)
    newest.set(`${visit.place}\n${visit.iterations.join()}`, visit)
  }
  const isSet = new Set<Place>()
  const isTogether = new Map<Place, boolean>()
  for (const visit of newest.values()) {
    const { place } = visit
    const look = found.get(place)
    if (look === undefined || !known.isOfNow(visit, newest)) continue
    if (!isSet.has(place) || weightOf(visit.fate) < weightOf(look.fate)) look.fate = visit.fate
    isSet.add(place)
    let together = isTogether.get(place)
    if (together === undefined) isTogether.set(place, (together = allAround(place).filter((outer) => picked.has(outer)).length < visit.iterations.length))
    if (together) look.counts = { ...look.counts, [visit.fate]: (look.counts?.[visit.fate] ?? 0) + 1 }
  }
  // Entered in an earlier round only: shown as it was then, if at all.
  for (const [place, look] of found) {
    if (isSet.has(place)) continue
    const last = run.visits.findLast((visit) => visit.place === place && known.isPicked(visit, picked))
    if (last !== undefined) look.fate = last.fate
  }
  return found
}

/** The edges that were taken, as `from\nto`. */
export function taken(run: Run, picked: Picked = ALL): Set<string> {
  if (picked.size === 0) return run.taken
  const known = new Known(run)
  const edges = new Set<string>()
  for (const visit of run.visits) {
    const from = visit.cameFrom === null ? undefined : known.byId.get(visit.cameFrom)
    if (from !== undefined && known.isPicked(visit, picked)) edges.add(`${from.place}\n${visit.place}`)
  }
  return edges
}

/** The visits of a place, oldest first. */
export function visitsOf(run: Run, place: Place, picked: Picked = ALL): Visit[] {
  const known = new Known(run)
  return run.visits.filter((visit) => visit.place === place && known.isPicked(visit, picked))
}

/** One iteration of a Map state. */
export interface Iteration {
  index: number
  fate: Fate
  /** `null` while it waits for its turn. */
  beganMs: number | null
  endedMs: number | null
  error: string | null
  retries: number
}

/** The iterations of a visit of a Map state, in its present round. Empty for a distributed map, whose items are not in this history. */
export function iterationsOf(run: Run, map: Visit): Iteration[] {
  const all: Iteration[] = map.iterationFates.map((fate, index) => ({ index, fate, beganMs: null, endedMs: null, error: null, retries: 0 }))
  const round = roundOf(run, map)
  for (const id of map.events) {
    const event = id < round ? undefined : eventById(run, id)
    if (event?.type.startsWith('MapIteration') !== true) continue
    const iteration = all[Number(detailsOf(event)['index'])]
    if (iteration === undefined) continue
    // After a redrive it goes on.
    if (event.type === 'MapIterationStarted') iteration.beganMs ??= event.atMs
    else iteration.endedMs = event.atMs
  }
  const within = new Set([map.id])
  for (const visit of run.visits) {
    if (visit.parent === null || !within.has(visit.parent) || (visit.id > 0 && visit.id < round)) continue
    within.add(visit.id)
    const iteration = all[visit.iterations[map.iterations.length] ?? -1]
    if (iteration === undefined) continue
    iteration.retries += retriesOf(visit, run)
    if (visit.fate === 'failed' || visit.fate === 'timedOut') iteration.error ??= visit.error
  }
  for (const iteration of all) {
    if (iteration.fate === 'running' || iteration.fate === 'waiting') iteration.endedMs = null
    else if (iteration.beganMs !== null) iteration.endedMs ??= map.leftMs
    if (iteration.fate === 'succeeded') iteration.error = null
  }
  return all
}

/** Tries beyond the first. Going on after a redrive is not a retry. */
export function retriesOf({ attempts }: Visit, { redrivenMs }: Pick<Run, 'redrivenMs'>): number {
  if (attempts.length < 2) return 0
  return attempts.filter((attempt, index) => {
    const before = attempts[index - 1]
    return before !== undefined && !isRedriveBetween(before, attempt, redrivenMs)
  }).length
}

/** Whether an attempt goes on after a redrive, and not after a failure alone. */
export function isRedriveBetween(before: Attempt, after: Attempt, redrivenMs: readonly number[]): boolean {
  const endedMs = before.endedMs
  return endedMs !== null && redrivenMs.some((atMs) => endedMs <= atMs && atMs <= after.beganMs)
}

/** The id of the event that began the present round of a Map or Parallel state. */
function roundOf(run: Run, { events }: Visit): number {
  return events.findLast((id) => /^(Map|Parallel)StateStarted$/.test(eventById(run, id)?.type ?? '')) ?? 0
}

class Known {
  readonly byId: Map<number, Visit>
  readonly #rounds = new Map<number, number>()

  constructor(private readonly run: Run) {
    this.byId = new Map(run.visits.map((visit) => [visit.id, visit]))
  }

  /** Whether a visit is in the picked iteration of every Map around it. */
  isPicked(visit: Visit, picked: Picked): boolean {
    if (picked.size === 0 || visit.iterations.length === 0) return true
    for (let at: Visit | undefined = visit; at !== undefined && at.iterations.length > 0; ) {
      const outer: Visit | undefined = at.parent === null ? undefined : this.byId.get(at.parent)
      if (outer !== undefined && outer.iterations.length < at.iterations.length) {
        const index = picked.get(outer.place)
        if (index !== undefined && index !== at.iterations.at(-1)) return false
      }
      at = outer
    }
    return true
  }

  /** Whether a visit is of the present round of all around it, and they are the newest of their place. */
  isOfNow(visit: Visit, newest: ReadonlyMap<string, Visit>): boolean {
    for (let at = visit; at.parent !== null; ) {
      const outer = this.byId.get(at.parent)
      if (outer === undefined) return true
      if (newest.get(`${outer.place}\n${outer.iterations.join()}`) !== outer) return false
      let round = this.#rounds.get(outer.id)
      if (round === undefined) this.#rounds.set(outer.id, (round = roundOf(this.run, outer)))
      if (at.id > 0 && at.id < round) return false
      at = outer
    }
    return true
  }
}

/** The Map and Parallel states around a place, from the outside in. */
export function allAround(place: Place): Place[] {
  const outer = around(place)
  return outer === null ? [] : [...allAround(outer.parent), outer.parent]
}
