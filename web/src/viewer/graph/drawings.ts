/** Drawings that were asked for: each chart is laid out once per direction, however often its page is opened. */
import type { Chart } from '../types'
import type { Direction, Drawing } from './drawing'
import type { Engine } from './engine'
import { layOut } from './layout'

/** Draws a chart, or hands out what was drawn before. */
export type Draw = (chart: Chart, direction: Direction) => Promise<Drawing>

/** How many are kept. */
const KEPT_MAX = 12

/** Remembers what an engine drew; what failed is tried again when it is asked for again. */
export function remembering(engine: () => Promise<Engine>): Draw {
  const kept = new Map<string, Promise<Drawing>>()
  return (chart, direction) => {
    const key = `${direction} ${JSON.stringify([chart.flow, [...chart.states]])}`
    const known = kept.get(key)
    // The newest stand last.
    kept.delete(key)
    const drawing = known ?? engine().then((lays) => layOut(chart, direction, lays))
    kept.set(key, drawing)
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT_MAX) break
      kept.delete(oldest)
    }
    if (known === undefined) {
      drawing.catch(() => {
        if (kept.get(key) === drawing) kept.delete(key)
      })
    }
    return drawing
  }
}
