/** How states fared, in words. */
import { weightOf } from '../run/picked'
import type { ChartState, Fate, MapRun, StateLook } from '../types'

const FATES: Record<Fate, string> = {
  running: 'running',
  waiting: 'waiting',
  succeeded: 'succeeded',
  failed: 'failed',
  caught: 'failed, error caught',
  timedOut: 'timed out',
  aborted: 'stopped',
}

/** One or two words, for a table and beside a sign. */
export function fateWord(fate: Fate | undefined): string {
  return fate === undefined ? 'not entered' : FATES[fate]
}

/** How one state fared: `failed after 3 tries, entered 2 times`. */
export function lookWords(look: StateLook | undefined): string {
  if (look === undefined) return fateWord(undefined)
  if (look.counts !== undefined) return countWords(look.counts)
  const tries = look.retries + 1
  const parts = [fateWord(look.fate)]
  if (look.retries > 0) {
    const isUnderWay = look.fate === 'running' || look.fate === 'waiting'
    parts[0] = isUnderWay ? `${fateWord(look.fate)}, try ${tries}` : look.fate === 'caught' ? `failed after ${tries} tries, error caught` : `${fateWord(look.fate)} after ${tries} tries`
  }
  if (look.visits > 1) parts.push(`entered ${look.visits} times`)
  return parts.join(', ')
}

/** Many at once: `2 failed, 18 succeeded`. */
export function countWords(counts: NonNullable<StateLook['counts']>): string {
  const fates = (Object.keys(counts) as Fate[]).sort((one, other) => weightOf(one) - weightOf(other))
  return fates.map((fate) => `${(counts[fate] ?? 0).toLocaleString('en')} ${fateWord(fate)}`).join(', ')
}

/** The items of a distributed map: `12 items: 3 failed, 2 running, 7 succeeded`. */
export function mapRunWords({ total, pending, running, succeeded, failed, timedOut, aborted }: MapRun): string {
  const kinds: readonly (readonly [number, string])[] = [
    [failed, 'failed'],
    [timedOut, 'timed out'],
    [aborted, 'stopped'],
    [running, 'running'],
    [pending, 'waiting'],
    [succeeded, 'succeeded'],
  ]
  const parts = kinds.flatMap(([count, word]) => (count > 0 ? [`${count.toLocaleString('en')} ${word}`] : []))
  const all = `${total.toLocaleString('en')} ${total === 1 ? 'item' : 'items'}`
  return parts.length === 0 ? all : parts.length === 1 && parts[0]?.startsWith(total.toLocaleString('en')) === true ? `${all}, ${total === 1 ? '' : 'all '}${parts[0].slice(parts[0].indexOf(' ') + 1)}` : `${all}: ${parts.join(', ')}`
}

/** A state's name as one says it: `ChargePayment` is `Charge payment`. Abbreviations stay as they are. */
export function saidName(name: string): string {
  const words = name.split(/[\s_-]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/).filter((word) => word !== '')
  return words.map((word, place) => (place === 0 || word === word.toUpperCase() ? word : word.toLowerCase())).join(' ')
}

/** What a state is, for those who hear it: `Charge payment, Task, failed after 3 tries`. Without looks nothing of a run is said. */
export function stateWords(state: Pick<ChartState, 'name' | 'type' | 'isDistributed'>, looks: ReadonlyMap<string, StateLook> | null, look: StateLook | undefined): string {
  const type = state.isDistributed ? `distributed ${state.type}` : state.type
  return [saidName(state.name), type, ...(looks === null ? [] : [lookWords(look)])].join(', ')
}

/** `3 retries`. */
export function retryWords(retries: number): string {
  return retries === 1 ? '1 retry' : `${retries} retries`
}
