/**
 * What an execution wrote, by the state that wrote it: rows of the books, and the messages and executions that its history
 * tells of. The books are of the whole order, so whatever another execution wrote stands apart.
 */
import { lastNameOf } from '../viewer/chart/call'
import { textOf } from '../viewer/chart/json'
import { nameOf } from '../viewer/chart/place'
import { detailsOf } from '../viewer/run/event'
import { eventById } from '../viewer/run/read-run'
import type { Run, Visit } from '../viewer/types'
import { MACHINES, type Machine } from './machines'
import { inJson, type Effect, type Effects } from './told'
import { WORDS } from './words'

/** One row of the books. */
export interface Row {
  /** Its place in the books: other rows name it by that. */
  readonly index: number
  readonly effect: Effect
  /** The rows that it undid. */
  readonly undid: readonly number[]
}

/** A message that was sent, or an execution that was started, by the history. */
export interface Sent {
  readonly kind: 'message' | 'execution'
  readonly visit: number
  readonly atMs: number
  /** The queue, or the machine. */
  readonly to: string
  /** The message's id, or the execution's name. */
  readonly id: string
  /** The execution. */
  readonly arn: string | null
}

export interface Group {
  /** The state; `null` for what no state wrote: the buyer, the provider, or nobody can tell. */
  readonly state: string | null
  /** Its newest visit in this execution. */
  readonly visit: number | null
  readonly rows: readonly Row[]
  readonly sent: readonly Sent[]
}

export interface Wrote {
  /** By this execution's states, in the order in which they were entered. */
  readonly here: readonly Group[]
  /** By other executions of the same order, and by nobody's state, the oldest first. */
  readonly elsewhere: readonly Group[]
}

/** Functions' clocks and the engine's differ a little. */
const SLACK_MS = 1_500

export function wroteBy(run: Run, effects: Effects | undefined): Wrote {
  const rows = rowsOf(effects)
  const sent = sentBy(run)
  const here = new Map<string, { visit: number; rows: Row[]; sent: Sent[] }>()
  const elsewhere = new Map<string | null, Row[]>()
  for (const visit of run.visits) {
    const group = here.get(nameOf(visit.place)) ?? { visit: visit.id, rows: [], sent: [] }
    group.visit = visit.id
    here.set(nameOf(visit.place), group)
  }
  for (const row of rows) {
    const { state } = row.effect
    const group = state != null && writerOf(run, row) !== undefined ? here.get(state) : undefined
    if (group !== undefined) group.rows.push(row)
    else elsewhere.set(state ?? null, [...(elsewhere.get(state ?? null) ?? []), row])
  }
  for (const one of sent) {
    const visit = run.visits.find(({ id }) => id === one.visit)
    if (visit !== undefined) here.get(nameOf(visit.place))?.sent.push(one)
  }
  return {
    here: [...here].flatMap(([state, group]) => (group.rows.length + group.sent.length > 0 ? [{ state, ...group }] : [])),
    elsewhere: [...elsewhere].map(([state, of]) => ({ state, visit: null, rows: of, sent: [] })),
  }
}

/** What one visit wrote. */
export function wroteIn(run: Run, visit: Visit, effects: Effects | undefined): { readonly rows: readonly Row[]; readonly sent: readonly Sent[] } {
  return {
    rows: rowsOf(effects).filter((row) => writerOf(run, row)?.id === visit.id),
    sent: sentBy(run).filter((one) => one.visit === visit.id),
  }
}

export function rowsOf(effects: Effects | undefined): Row[] {
  const all = effects?.effects ?? []
  return all.map((effect, index) => ({ index, effect, undid: all.flatMap(({ undoneBy }, other) => (undoneBy === index ? [other] : [])) }))
}

/** The visit in whose time it was written; of states with iterations the one whose input names the same thing. */
function writerOf(run: Run, { effect }: Row): Visit | undefined {
  const atMs = Date.parse(effect.at)
  const fits = run.visits.filter(
    ({ place, enteredMs, leftMs }) => nameOf(place) === effect.state && enteredMs - SLACK_MS <= atMs && (leftMs ?? Number.POSITIVE_INFINITY) + SLACK_MS >= atMs,
  )
  if (fits.length < 2) return fits[0]
  return (
    fits.find(({ input }) => {
      const ingredient = inJson(input, 'ingredient')
      return typeof ingredient === 'string' && effect.what.includes(ingredient)
    }) ?? fits.findLast(({ enteredMs }) => enteredMs <= atMs) ?? fits[0]
  )
}

/** Messages and executions, by the events that say that they were taken. */
export function sentBy(run: Run): Sent[] {
  return run.events.flatMap((event): Sent[] => {
    // A call that waits for a token or for an end has its answer in `Submitted`; any other in `Succeeded`.
    if (event.visit === null || !/^Task(Submitted|Succeeded)$/.test(event.type)) return []
    const details = detailsOf(event)
    const service = textOf(details['resourceType'])
    const resource = textOf(details['resource']) ?? ''
    const isPaired = /\.(waitForTaskToken|sync)/.test(resource)
    if (isPaired && event.type === 'TaskSucceeded') return []
    const output = textOf(details['output'])
    const base = { visit: event.visit, atMs: event.atMs }
    if (service === 'sqs' && resource.startsWith('sendMessage')) {
      const id = inJson(output, 'MessageId')
      return typeof id === 'string' ? [{ ...base, kind: 'message', to: queueOf(run, event.visit), id, arn: null }] : []
    }
    if (service === 'states' && resource.startsWith('startExecution')) {
      const arn = inJson(output, 'ExecutionArn')
      if (typeof arn !== 'string') return []
      return [{ ...base, kind: 'execution', to: arn.split(':')[6] ?? arn, id: arn.split(':')[7] ?? arn, arn }]
    }
    return []
  })
}

/** The queue that a visit's call was about. */
function queueOf(run: Run, visit: number): string {
  const events = run.visits.find(({ id }) => id === visit)?.events ?? []
  for (const id of events) {
    const event = eventById(run, id)
    const url = event?.type === 'TaskScheduled' ? inJson(textOf(detailsOf(event)['parameters']), 'QueueUrl') : undefined
    if (typeof url === 'string') return lastNameOf(url) ?? url
  }
  return 'a queue'
}

/** The machines of ours in which a state of this name writes, for things of this kind: products are completed where they are delivered. */
export function machinesWith(state: string, kind: string | null): Machine[] {
  const all = MACHINES.filter((machine) => state in WORDS[machine].states)
  if (state !== 'CompleteOrder' || kind === null) return all
  return all.filter((machine) => (machine === 'deliver-product') === (kind === 'product'))
}

/** The id of a row's element. @param within what shows it; a page may show it twice */
export function rowId(within: string, index: number): string {
  return `${within}-effect-${index}`
}
