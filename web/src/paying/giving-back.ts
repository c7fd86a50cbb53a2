/** What somebody chooses to give back of an order. It is theirs: what is read meanwhile takes from it, and adds nothing. */
import { leftToRefund, type Order, type Refund } from '../words/order'

/** A line of which something can be given back. */
export interface Choice {
  /** Which line of the order, counted from 0. */
  readonly line: number
  readonly title: string
  readonly priceMinor: number
  /** How many of it. */
  readonly left: number
}

/** How many of each line are wanted back, by the line's number. What stands in a field may be no number yet. */
export type Wanted = Readonly<Record<number, unknown>>

/** The lines of which something can be given back. */
export function choicesOf(order: Order, refunds: readonly Refund[]): Choice[] {
  const left = leftToRefund(order, refunds)
  return order.lines
    .map(({ title, priceMinor }, line) => ({ line, title, priceMinor, left: left[line] ?? 0 }))
    .filter((choice) => choice.left > 0)
}

/** Everything: what is wanted before somebody says otherwise. */
export function allOf(choices: readonly Choice[]): Record<number, number> {
  return Object.fromEntries(choices.map(({ line, left }) => [line, left]))
}

/** What was wanted, of what is left now: nothing is added, and what is gone is wanted no more. */
export function keptOf(choices: readonly Choice[], wanted: Wanted): Record<number, unknown> {
  return Object.fromEntries(
    choices
      .filter(({ line }) => line in wanted)
      .map(({ line, left }) => [line, Number(wanted[line]) > left ? left : wanted[line]]),
  )
}

/** What is asked for: of each line at least one, and no more than is left. */
export function linesOf(choices: readonly Choice[], wanted: Wanted): { line: number; quantity: number }[] {
  return choices
    .map(({ line, left }) => ({ line, quantity: Math.min(left, Math.max(0, Math.trunc(Number(wanted[line]) || 0))) }))
    .filter(({ quantity }) => quantity > 0)
}
