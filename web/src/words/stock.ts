/** Stock as people read it: ingredients, movements, and what caused them. */
import type { Movement, Place } from '../live/movements'

/** What a movement does to what is there. */
export type Sign =
  /** There is more of it. */
  | 'plus'
  /** There is less of it. */
  | 'minus'
  /** As much as before: it was claimed, or a claim was given back. */
  | 'none'

interface KindWords {
  readonly sign: Sign
  readonly word: string
}

const KINDS: Readonly<Record<string, KindWords>> = {
  set: { sign: 'plus', word: 'there at the start' },
  bought: { sign: 'plus', word: 'bought at the market' },
  received: { sign: 'plus', word: 'received' },
  given: { sign: 'minus', word: 'given to the kitchen' },
  served: { sign: 'minus', word: 'served' },
  held: { sign: 'none', word: 'held' },
  released: { sign: 'none', word: 'released' },
}

/** What a kind of movement does, in words; one that this page does not know yet is shown by its name. */
export function kindWords(kind: string): KindWords {
  return KINDS[kind] ?? { sign: 'none', word: kind.replaceAll('_', ' ') }
}

/** `+5`, `−5`, or `5` for what changes nothing of what is there. */
export function signed({ kind, quantity }: Pick<Movement, 'kind' | 'quantity'>): string {
  return { plus: '+', minus: '−', none: '' }[kindWords(kind).sign] + String(quantity)
}

/** `Carne molida` for `carne_molida`. */
export function ingredientName(ingredient: string): string {
  const words = ingredient.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The last characters of an id, enough to tell it from its neighbours. */
export function shortId(id: string): string {
  return id.slice(-6)
}

/** What a movement was caused by. */
export interface Cause {
  readonly text: string
  /** The order, if it was one. */
  readonly orderId: string | null
}

/** What caused a movement, in words. */
export function causeOf(cause: string): Cause {
  if (cause === 'seed') return { text: 'before the first order', orderId: null }
  if (cause.startsWith('ord_')) return { text: `order …${shortId(cause)}`, orderId: cause }
  const purchase = /^(sup_.+)-(\d+)$/.exec(cause)
  if (purchase !== null) return { text: `purchase ${purchase[2] ?? ''} for request …${shortId(purchase[1] ?? '')}`, orderId: null }
  if (cause.startsWith('sup_')) return { text: `supply request …${shortId(cause)}`, orderId: null }
  return { text: cause, orderId: null }
}

/** A place as a heading. */
export function placeName(place: Place): string {
  return place === 'kitchen' ? 'Kitchen' : 'Warehouse'
}

/**
 * Ingredients of which there is less than one of some dish takes, and why, by name.
 *
 * @param dishes what can be ordered, and what one of each takes
 * @param balances what there is in the kitchen
 */
export function shortages(
  dishes: readonly { readonly name: string; readonly recipe: Readonly<Record<string, number>> }[],
  balances: readonly { readonly ingredient: string; readonly available: number }[],
): ReadonlyMap<string, string> {
  const available = new Map(balances.map((row) => [row.ingredient, row.available]))
  const wanted = new Map<string, string[]>()
  for (const { name, recipe } of dishes) {
    for (const [ingredient, units] of Object.entries(recipe)) {
      if (units <= (available.get(ingredient) ?? 0)) continue
      wanted.set(ingredient, [...(wanted.get(ingredient) ?? []), `${name} takes ${units}`])
    }
  }
  return new Map(
    [...wanted]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([ingredient, takes]) => [ingredient, `${available.get(ingredient) ?? 0} available; ${takes.join(', ')}.`]),
  )
}
