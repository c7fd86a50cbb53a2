/** The rows of the table that has the same content as the graph. */
import type { Chart, ChartFlow, Place, StateLook, Visit } from '../types'
import { inOrder, linesOf } from './lines'
import { detailOf } from './sizes'
import { lookWords } from './words'

export interface TableRow {
  place: Place
  name: string
  /** What it is, and whom it asks. */
  type: string
  detail: string
  /** Around how many states it stands within: 0 for the machine's own. */
  depth: number
  /** The Map or Parallel state around it, with the branch: `in Gather, branch 2`. Empty for the machine's own. */
  within: string
  look: StateLook | undefined
  status: string
  enteredMs: number | null
  /** `null` where nothing was tried, as in a Choice. */
  attempts: number | null
  tookMs: number | null
  /** Where it leads: `CompleteOrder`, `HoldRefused if TicketSold`. */
  onwards: string[]
}

/** All states, in the order in which they follow one another; what a Map or Parallel state contains follows it. */
export function rowsOf(chart: Chart, looks: ReadonlyMap<Place, StateLook> | null, visits: ReadonlyMap<Place, Visit>): TableRow[] {
  const rows: TableRow[] = []
  function add(flow: ChartFlow, depth: number, within: string): void {
    const lines = linesOf(flow, chart.states)
    for (const place of inOrder(flow, lines)) {
      const state = chart.states.get(place)
      if (state === undefined) continue
      const look = looks?.get(place)
      const visit = look === undefined ? undefined : visits.get(place)
      const detail = detailOf(state)
      rows.push({
        place,
        name: state.name,
        type: state.isDistributed ? `${state.type}, distributed` : state.type,
        detail: state.type === 'Task' && detail !== state.type ? detail : '',
        depth,
        within,
        look,
        status: lookWords(look),
        enteredMs: visit?.enteredMs ?? null,
        attempts: visit === undefined || visit.attempts.length === 0 ? null : visit.attempts.length,
        tookMs: visit === undefined || visit.leftMs === null ? null : visit.leftMs - visit.enteredMs,
        onwards: lines.flatMap((line) => {
          if (line.from !== place) return []
          const name = chart.states.get(line.to)?.name ?? ''
          if (line.meaning === '' || line.meaning === 'otherwise') return `${name} ${line.meaning}`.trim()
          return `${name} ${line.isCatch ? 'on' : 'if'} ${line.meaning}`
        }),
      })
      state.flows.forEach((body, number) => add(body, depth + 1, state.type === 'Parallel' ? `in ${state.name}, branch ${number + 1}` : `in ${state.name}`))
    }
  }
  add(chart.flow, 0, '')
  return rows
}

/** How long something took, short: `0.2 s`, `14 s`, `3 min 05 s`, `2 h 10 min`. */
export function tookWords(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 10_000) return `${(Math.round(ms / 100) / 10).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${String(minutes % 60).padStart(2, '0')} min` : `${Math.floor(hours / 24)} days ${hours % 24} h`
}
