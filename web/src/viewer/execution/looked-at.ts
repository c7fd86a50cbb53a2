/** What the graph and the table show of a run, when somebody has picked iterations. One pass over the visits, however many. */
import { firstToLookAt } from '../graph/iterations'
import type { Chart, Fate, Place, Run, Visit } from '../types'

/** Which visit of each state is looked at, and which iteration of each Map state. */
export interface LookedAt {
  readonly visits: ReadonlyMap<Place, Visit>
  readonly iterations: ReadonlyMap<Place, readonly Fate[]>
  readonly picked: ReadonlyMap<Place, number>
}

/** @param wanted the iterations that somebody picked; of other Map states the one that is to be looked at first */
export function lookedAt(run: Run, chart: Chart, wanted: ReadonlyMap<Place, number>): LookedAt {
  const picked = new Map<Place, number>()
  const iterations = new Map<Place, readonly Fate[]>()
  let visits = newest(run, picked)
  // In the definition's order, so that what is around comes before what is within.
  for (const { place, type } of chart.states.values()) {
    if (type !== 'Map') continue
    const fates = visits.get(place)?.iterationFates ?? []
    if (fates.length === 0) continue
    const index = wanted.get(place)
    picked.set(place, index !== undefined && index < fates.length ? index : (firstToLookAt(fates) ?? 0))
    iterations.set(place, fates)
    visits = newest(run, picked)
  }
  return { visits, iterations, picked }
}

/** The newest visit of each place within the picked iterations. */
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
  for (const visit of run.visits) if (isPicked(visit)) found.set(visit.place, visit)
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
