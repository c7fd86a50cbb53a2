/** What the graph and the table show of a run, when somebody has picked iterations. One pass over the visits, however many. */
import { around } from '../chart/place'
import { ALL_ITERATIONS, firstToLookAt } from '../graph/iterations'
import { weightOf } from '../run/picked'
import type { Chart, Fate, Place, Run, Visit } from '../types'

/** Which visit of each state is looked at, and which iteration of each Map state. */
export interface LookedAt {
  readonly visits: ReadonlyMap<Place, Visit>
  /** Of the Map states of which one may be picked: not of those within iterations that are looked at together. */
  readonly iterations: ReadonlyMap<Place, readonly Fate[]>
  /** Without the Map states whose iterations are looked at together. */
  readonly picked: ReadonlyMap<Place, number>
}

/** @param wanted the iterations that somebody picked, or `ALL_ITERATIONS`; of other Map states the one that is to be looked at first */
export function lookedAt(run: Run, chart: Chart, wanted: ReadonlyMap<Place, number>): LookedAt {
  const picked = new Map<Place, number>()
  const iterations = new Map<Place, readonly Fate[]>()
  const together = new Set<Place>()
  let visits = newest(run, picked)
  // In the definition's order, so that what is around comes before what is within.
  for (const { place, type } of chart.states.values()) {
    if (type !== 'Map' || isWithin(place, together)) continue
    const fates = visits.get(place)?.iterationFates ?? []
    if (fates.length === 0) continue
    const index = wanted.get(place)
    if (index === ALL_ITERATIONS) {
      together.add(place)
      iterations.set(place, fates)
      continue
    }
    picked.set(place, index !== undefined && index < fates.length ? index : (firstToLookAt(fates) ?? 0))
    iterations.set(place, fates)
    visits = newest(run, picked)
  }
  return { visits, iterations, picked }
}

function isWithin(place: Place, places: ReadonlySet<Place>): boolean {
  for (let outer = around(place); outer !== null; outer = around(outer.parent)) if (places.has(outer.parent)) return true
  return false
}

/** The newest visit of each place within the picked iterations; where iterations are looked at together, that of the worst of them. */
function newest(run: Run, picked: ReadonlyMap<Place, number>): Map<Place, Visit> {
  const byId = new Map<number, Visit>()
  const isIn = new Map<number, boolean>()
  const found = new Map<Place, Visit>()
  for (const visit of run.visits) byId.set(visit.id, visit)
  const isPicked = (visit: Visit): boolean => {
    const known = isIn.get(visit.id)
    if (known !== undefined) return known
    const outer = visit.parent === null ? undefined : byId.get(visit.parent)
    let is = true
    if (outer !== undefined) {
      const index = outer.iterations.length < visit.iterations.length ? picked.get(outer.place) : undefined
      is = (index === undefined || index === visit.iterations.at(-1)) && isPicked(outer)
    }
    isIn.set(visit.id, is)
    return is
  }
  for (const visit of run.visits) {
    if (!isPicked(visit)) continue
    const other = found.get(visit.place)
    if (other !== undefined && weightOf(other.fate) < weightOf(visit.fate) && other.iterations.join() !== visit.iterations.join()) continue
    found.set(visit.place, visit)
  }
  return found
}

/** The picks that lead to a visit: an iteration of each Map state around it. */
export function picksTo(run: Run, visit: Visit): Map<Place, number> {
  const picks = new Map<Place, number>()
  const byId = new Map(run.visits.map((one) => [one.id, one]))
  for (let at: Visit | undefined = visit; at !== undefined && at.parent !== null; ) {
    const outer = byId.get(at.parent)
    const index = at.iterations.at(-1)
    if (outer !== undefined && index !== undefined && index >= 0 && outer.iterations.length < at.iterations.length) picks.set(outer.place, index)
    at = outer
  }
  return picks
}
