/** A chart of what a history shows, for histories that come without a definition. It has what was entered, and nothing else. */
import { around, nameOf } from '../chart/place'
import type { Chart, ChartFlow, ChartState, Place, Run, StateType } from '../types'
import { stateTypeOf } from './event'
import { eventById } from './read-run'

const TYPES: readonly StateType[] = ['Pass', 'Task', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map']

export function seenChart(run: Run): Chart {
  const chart: Chart = { comment: null, flow: { start: null, states: [], edges: [] }, states: new Map(), timeoutS: null, problems: [] }
  const byId = new Map(run.visits.map((visit) => [visit.id, visit]))
  for (const visit of run.visits) {
    const outer = around(visit.place)
    const flow = flowOf(chart, outer)
    if (!chart.states.has(visit.place)) {
      const first = eventById(run, visit.events[0] ?? 0)
      const said = stateTypeOf(first?.type ?? '')
      const within = run.visits.find(({ parent }) => parent === visit.id)
      // A visit that is known by what lies within it only is a Map if that has iterations.
      const guessed = within === undefined ? 'Task' : within.iterations.length > visit.iterations.length ? 'Map' : 'Parallel'
      const state: ChartState = {
        place: visit.place,
        name: nameOf(visit.place),
        type: TYPES.find((type) => type === said) ?? guessed,
        resource: null,
        comment: null,
        parent: outer?.parent ?? null,
        flows: [],
        isDistributed: visit.mapRunArn !== null,
        definition: {},
      }
      chart.states.set(visit.place, state)
      flow.states.push(visit.place)
    }
    const from = visit.cameFrom === null ? undefined : byId.get(visit.cameFrom)
    if (from === undefined) flow.start ??= visit.place
    else {
      const kind = from.fate === 'caught' ? 'catch' : 'next'
      const isKnown = flow.edges.some((edge) => edge.from === from.place && edge.to === visit.place && edge.kind === kind)
      if (!isKnown) flow.edges.push({ from: from.place, to: visit.place, kind, label: kind === 'catch' ? (from.error ?? '') : '' })
    }
  }
  return chart
}

/** The flow that a place is in; made, with those before it, if it was not seen yet. */
function flowOf(chart: Chart, outer: { readonly parent: Place; readonly flow: number } | null): ChartFlow {
  if (outer === null) return chart.flow
  const flows = chart.states.get(outer.parent)?.flows
  if (flows === undefined) return { start: null, states: [], edges: [] }
  while (flows.length <= outer.flow) flows.push({ start: null, states: [], edges: [] })
  return flows[outer.flow] ?? chart.flow
}
