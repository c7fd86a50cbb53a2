/** Executions of our own machines in one sentence: what they do, and how they came out. */
import { nameOf } from '../viewer/chart/place'
import type { Chart, Run, Visit } from '../viewer/types'
import type { Machine } from './machines'
import { said, type Effects, type Told } from './told'
import { holdOrder } from './words/hold-order'
import { order } from './words/order'
import { deliverProduct, importProducts, refundOrder, supplyIngredient } from './words/others'
import type { MachineWords } from './words/types'

export const WORDS: Readonly<Record<Machine, MachineWords>> = {
  'hold-order': holdOrder,
  order,
  'deliver-product': deliverProduct,
  'supply-ingredient': supplyIngredient,
  'refund-order': refundOrder,
  'import-products': importProducts,
}

/** Whether a machine is ours by its definition, and not only by its name. */
export function isOurs(machine: Machine, chart: Chart): boolean {
  const { start } = chart.flow
  return start === null || nameOf(start) === WORDS[machine].startAt
}

/** @returns `null` where there is nothing to be said beyond what the viewer says of every machine */
export function headlineOf(machine: Machine, run: Run, effects: Effects | undefined, nowMs: number | null): string | null {
  const words = WORDS[machine]
  // What is over is counted down no more.
  const isOver = run.endedMs !== null
  const say = (visit: Visit, saying: (typeof words.states)[string] | undefined): string | null => {
    if (saying === undefined) return null
    const told: Told = { run, visit, nowMs: isOver ? null : nowMs, effects }
    return said(saying, told)
  }
  const standing = (visit: Visit | undefined): string | null => (visit === undefined ? null : say(visit, words.states[nameOf(visit.place)]))
  switch (run.status) {
    case 'RUNNING':
    case 'PENDING_REDRIVE':
      return standing(innermost(run, ({ leftMs }) => leftMs === null))
    case 'SUCCEEDED':
    case 'FAILED': {
      const last = run.visits.findLast(({ parent }) => parent === null)
      return last === undefined ? null : say(last, words.ends[nameOf(last.place)])
    }
    case 'ABORTED':
    case 'TIMED_OUT': {
      const stood = standing(innermost(run, ({ fate }) => fate === 'aborted' || fate === 'timedOut'))
      const ended = run.status === 'ABORTED' ? 'Stopped, by a person or with the execution that started it' : 'Ended by its time limit'
      return stood === null ? ended : `${ended}. It stood at: ${stood}`
    }
  }
}

function innermost(run: Run, is: (visit: Visit) => boolean): Visit | undefined {
  const found = run.visits.filter(is)
  const outer = new Set(found.map(({ parent }) => parent))
  return found.find(({ id }) => !outer.has(id))
}
