/** How much there was of one ingredient over time, from the movements that a page has. */
import type { Balance, Movement } from './movements'

/** What there was from a moment on, until the next step. */
export interface Step {
  readonly atMs: number
  readonly onHand: number
  readonly held: number
  /** What made it so; undefined for what was there before the first movement that is known. */
  readonly movement: Movement | undefined
}

/** One ingredient over the time that is known. */
export interface History {
  readonly startMs: number
  readonly endMs: number
  /** In the order of time; the first is at the start. Never empty. */
  readonly steps: readonly Step[]
}

/** Movements of one moment still need a width. */
const SHORTEST_MS = 60_000

const EFFECTS: Readonly<Record<string, { onHand: -1 | 0 | 1; held: -1 | 0 | 1 }>> = {
  set: { onHand: 1, held: 0 },
  bought: { onHand: 1, held: 0 },
  received: { onHand: 1, held: 0 },
  given: { onHand: -1, held: -1 },
  served: { onHand: -1, held: -1 },
  held: { onHand: 0, held: 1 },
  released: { onHand: 0, held: -1 },
}

/**
 * The history of an ingredient within the time of `rows`.
 *
 * @param rows consecutive movements of the place, of all ingredients, in the order of their numbers
 * @param now what there is of it now
 */
export function historyOf(rows: readonly Movement[], now: Pick<Balance, 'ingredient' | 'onHand' | 'held'>): History {
  const own = rows.filter(({ ingredient }) => ingredient === now.ingredient)
  const endMs = Date.parse(rows.at(-1)?.at ?? '') || 0
  const startMs = Math.min(Date.parse(rows[0]?.at ?? '') || 0, endMs - SHORTEST_MS)
  const first = own[0]
  const before = first === undefined ? now : beforeOf(first)
  const steps: Step[] = []
  // What begins with the time that is known has nothing before it.
  if (first === undefined || Date.parse(first.at) > startMs) {
    steps.push({ atMs: startMs, onHand: before.onHand, held: before.held, movement: undefined })
  }
  let atMs = startMs
  for (const movement of own) {
    // Clocks of servers differ a little; the numbers are the order.
    atMs = Math.max(atMs, Date.parse(movement.at) || atMs)
    steps.push({ atMs, onHand: movement.onHand, held: movement.held, movement })
  }
  return { startMs, endMs: Math.max(endMs, atMs), steps }
}

function beforeOf({ kind, quantity, onHand, held }: Movement): { onHand: number; held: number } {
  const effect = EFFECTS[kind] ?? { onHand: 0, held: 0 }
  return { onHand: Math.max(0, onHand - effect.onHand * quantity), held: Math.max(0, held - effect.held * quantity) }
}

/** The smallest of 1, 2, 5, 10, 20, 50 ... that is not below `value`: where an axis ends. */
export function axisEnd(value: number): number {
  let unit = 1
  for (;;) {
    for (const factor of [1, 2, 5]) if (factor * unit >= value) return Math.max(2, factor * unit)
    unit *= 10
  }
}
