/** Tickets in words, as their seller reads them. */

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
