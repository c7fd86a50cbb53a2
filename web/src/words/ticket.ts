/** Tickets in words, as their seller reads them. */
import { minorOf, money, typedOf } from './money'

/** How a ticket's state looks and reads. */
export interface StateWords {
  readonly short: string
  readonly tone: 'go' | 'time' | 'soft'
}

const STATES: Readonly<Record<string, StateWords>> = {
  available: { short: 'On sale', tone: 'go' },
  held: { short: 'A buyer holds it', tone: 'time' },
  sold: { short: 'Sold', tone: 'soft' },
}

/** A ticket's state in words; one that this page does not know yet is shown by its name. */
export function stateWords(state: string): StateWords {
  return STATES[state] ?? { short: state, tone: 'soft' }
}

/** What the API takes as a price, minor units. */
const PRICE_MIN = 50
const PRICE_MAX = 99_999_999

/** What somebody typed as a price that the shop takes, minor units; undefined if it is none. */
export function priceOf(typed: string, currency: string): number | undefined {
  const minor = minorOf(typed, currency)
  return minor !== undefined && minor >= PRICE_MIN && minor <= PRICE_MAX ? minor : undefined
}

/** What to type as a price. */
export function priceWords(currency: string): string {
  return `Type an amount from ${money(PRICE_MIN, currency)} to ${money(PRICE_MAX, currency)}, like ${typedOf(PRICE_MIN * 50, currency)}.`
}

/** What is wrong with a field, as a sentence: the API says `must not be empty`. */
export function wrongWords(message: string | undefined): string | undefined {
  if (message === undefined) return undefined
  return /^(must|is) /.test(message) ? `It ${message}.` : message
}
