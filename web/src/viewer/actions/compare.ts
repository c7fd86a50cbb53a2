/** Two executions beside each other: what both did, what one did only, and where they part. */
import { nameOf } from '../chart/place'
import { changesBetween } from '../run/changes'
import type { About } from '../source/shown'
import type { JsonText, Place, Run, Visit } from '../types'

export interface ComparedRow {
  /** Unique among the rows. */
  readonly key: string
  readonly place: Place
  readonly name: string
  /** Which iteration of each Map around it, from 0. */
  readonly iterations: readonly number[]
  /** Which time it was entered there, from 0. */
  readonly time: number
  readonly one: Visit | null
  readonly other: Visit | null
  /** What differs, in words; empty if nothing does. How long things took always differs, and is not named. */
  readonly differences: readonly string[]
}

/** In the order in which they were entered, what only the other did where it did it. */
export function compared(one: Run, other: Run): ComparedRow[] {
  const left = keyed(one)
  const right = keyed(other)
  const rows: ComparedRow[] = []
  const done = new Set<string>()
  const rights = [...right.keys()]
  let at = 0
  for (const key of left.keys()) {
    if (right.has(key)) {
      // What the other did before it, and this one never.
      for (; at < rights.length && rights[at] !== key; at += 1) {
        const between = rights[at]
        if (between === undefined || left.has(between) || done.has(between)) continue
        done.add(between)
        rows.push(rowOf(between, undefined, right.get(between)))
      }
      if (rights[at] === key) at += 1
      else at = Math.min(at, rights.length)
      if (at >= rights.length) at = Math.max(0, rights.indexOf(key) + 1)
    }
    rows.push(rowOf(key, left.get(key), right.get(key)))
  }
  for (const key of rights) if (!left.has(key) && !done.has(key)) rows.push(rowOf(key, undefined, right.get(key)))
  return rows
}

/** Where two executions part, as a sentence. */
export function partingWords(rows: readonly ComparedRow[]): string {
  const first = rows.find(({ differences }) => differences.length > 0)
  if (first === undefined) return 'Both did the same, with the same data.'
  return `They part at ${first.name}${whichWords(first)}: ${first.differences[0] ?? ''}.`
}

/** ` (iteration 2.1, 3rd time)`; empty for a state that was entered once. */
export function whichWords({ iterations, time }: Pick<ComparedRow, 'iterations' | 'time'>): string {
  const parts = [...(iterations.length > 0 ? [`iteration ${iterations.map((index) => (index < 0 ? '?' : index + 1)).join('.')}`] : []), ...(time > 0 ? [`time ${time + 1}`] : [])]
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

interface Keyed {
  readonly visit: Visit
  readonly time: number
}

function keyed({ visits }: Run): Map<string, Keyed> {
  const times = new Map<string, number>()
  const found = new Map<string, Keyed>()
  for (const visit of visits) {
    const where = `${visit.place}\n${visit.iterations.join()}`
    const time = times.get(where) ?? 0
    times.set(where, time + 1)
    found.set(`${where}\n${time}`, { visit, time })
  }
  return found
}

function rowOf(key: string, one: Keyed | undefined, other: Keyed | undefined): ComparedRow {
  const some = one ?? other
  return {
    key,
    place: some?.visit.place ?? '',
    name: nameOf(some?.visit.place ?? ''),
    iterations: some?.visit.iterations ?? [],
    time: some?.time ?? 0,
    one: one?.visit ?? null,
    other: other?.visit ?? null,
    differences: differencesOf(one?.visit, other?.visit),
  }
}

function differencesOf(one: Visit | undefined, other: Visit | undefined): string[] {
  if (one === undefined) return ['only the second was there']
  if (other === undefined) return ['only the first was there']
  const found: string[] = []
  if (one.fate !== other.fate || one.error !== other.error) found.push(`${fateOf(one)} in the first, ${fateOf(other)} in the second`)
  if (one.attempts.length !== other.attempts.length) found.push(`${triesOf(one)} and ${triesOf(other)}`)
  for (const [what, before, after] of [['input', one.input, other.input], ['output', one.output, other.output]] as const) {
    const difference = dataWords(before, after)
    if (difference !== '') found.push(`${what}: ${difference}`)
  }
  return found
}

function fateOf({ fate, error }: Visit): string {
  const words = fate === 'timedOut' ? 'timed out' : fate
  return error === null ? words : `${words} with ${error}`
}

function triesOf({ attempts }: Visit): string {
  return `${attempts.length} ${attempts.length === 1 ? 'try' : 'tries'}`
}

/** What differs first, and how much else: `order.total is 12 and 15, and 2 more differ`; empty if nothing does or it cannot be told. */
export function dataWords(before: JsonText, after: JsonText): string {
  if (before === after || before === null || after === null) return ''
  const read = changesBetween(before, after)
  if ('problem' in read) return 'not the same'
  const [first] = read.changes
  if (first === undefined) return ''
  const more = read.changes.length - 1
  const where = first.path === '' ? '' : `${first.path} `
  const what = first.kind === 'added' ? `${where}is only in the second` : first.kind === 'removed' ? `${where}is only in the first` : `${where}is ${shown(first.before)} and ${shown(first.after)}`
  return `${what}${more === 0 ? '' : `, and ${more.toLocaleString('en')} more ${more === 1 ? 'differs' : 'differ'}`}`
}

const SHOWN_MAX = 40

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? ''
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`
}

/** An execution as it is compared. */
export interface ComparedSide {
  readonly about: Pick<About, 'machineName' | 'definition'>
  readonly run: Run
}

/** What differs, in sentences: what was run, with what, and where they part. */
export function comparisonWords(one: ComparedSide, other: ComparedSide, rows: readonly ComparedRow[]): string[] {
  const words: string[] = []
  const definitions = [one.about.definition, other.about.definition]
  if (one.about.machineName !== other.about.machineName) words.push(`They are executions of two machines, ${one.about.machineName} and ${other.about.machineName}.`)
  else if (definitions.every((definition) => definition != null) && JSON.stringify(definitions[0]) !== JSON.stringify(definitions[1])) words.push('The machine’s definition was another one.')
  const input = dataWords(one.run.input, other.run.input)
  if (input !== '') words.push(`They began with different inputs: ${input}.`)
  else if (one.run.input !== null && other.run.input !== null) words.push('They began with the same input.')
  words.push(partingWords(rows))
  return words
}
