/**
 * A history as a run: what was entered when, how it fared, and which events belong to it.
 *
 * A history comes in pages. {@link Reading} takes them as they come: pages that go on where the last one ended cost no more
 * than themselves; any other order costs reading anew.
 */
import { isObject, textOf, type Json } from '../chart/json'
import type { Chart, Run, RunEvent, RunStatus } from '../types'
import { detailsOf, errorOf, eventOf, jsonTextOf, msOf } from './event'
import { gapWords, holesIn, Payloads } from './gaps'
import { Reader } from './reader'

const ENDS: Readonly<Record<string, RunStatus>> = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionAborted: 'ABORTED',
  ExecutionTimedOut: 'TIMED_OUT',
}
const STATUSES: readonly RunStatus[] = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']

/** What belongs to a history besides its events. */
export interface About {
  /** What DescribeExecution answered. */
  readonly execution?: unknown
  /** What its source is known not to tell, in words. */
  readonly gaps?: readonly string[]
}

/**
 * A whole history at once.
 *
 * @param events in AWS's shape, in any order
 * @param chart without one, places are guessed from what the history shows
 */
export function readRun(events: readonly unknown[], chart: Chart | null = null, about: About = {}): Run {
  return new Reading(chart, about).append(events)
}

/** A history that is read page by page. */
export class Reading {
  #events: RunEvent[] = []
  #reader: Reader
  #payloads = new Payloads()
  /** Whether ids are missing, so that a later page may fill in. */
  #isWhole = true
  #execution: Json

  constructor(
    private readonly chart: Chart | null,
    private readonly about: About = {},
  ) {
    this.#reader = this.#fresh()
    this.#execution = isObject(about.execution) ? about.execution : {}
  }

  /** What DescribeExecution answered since. */
  describe(execution: unknown): void {
    if (isObject(execution)) this.#execution = execution
  }

  /**
   * Takes more events: those that are known already are passed over.
   *
   * @returns the run so far. Its visits are the same objects as before and have changed; the run itself is a new one.
   */
  append(raw: readonly unknown[]): Run {
    const more: RunEvent[] = []
    let isInOrder = true
    let last = this.#events.at(-1)?.id ?? 0
    for (const one of raw) {
      const event = eventOf(one)
      if (event === null) continue
      more.push(event)
      if (event.id !== last + 1) isInOrder = false
      last = event.id
    }
    if (isInOrder && this.#isWhole) for (const event of more) this.#take(event)
    else if (more.length > 0) this.#mix(more)
    return this.#run()
  }

  /** Takes events that do not simply go on: sorts them in, and reads anew if need be. */
  #mix(more: readonly RunEvent[]): void {
    const lastKnown = this.#events.at(-1)?.id ?? 0
    const byId = new Map(this.#events.map((event) => [event.id, event]))
    const news = more.filter(({ id }) => !byId.has(id)).sort((one, other) => one.id - other.id)
    const fresh = news.filter(({ id }, index) => index === 0 || id !== news[index - 1]?.id)
    const first = fresh[0]
    if (first === undefined) return
    if (this.#isWhole && first.id === lastKnown + 1 && fresh.every(({ id }, index) => id === first.id + index)) {
      for (const event of fresh) this.#take(event)
      return
    }
    const all = [...this.#events, ...fresh].sort((one, other) => one.id - other.id)
    this.#isWhole = all.every(({ id }, index) => id === index + 1)
    this.#events = []
    this.#payloads = new Payloads()
    this.#reader = this.#fresh(this.#isWhole ? [] : all)
    for (const event of all) {
      event.visit = null
      this.#take(event)
    }
  }

  #take(event: RunEvent): void {
    // A moment that cannot be read is that of its neighbour: a history is in order of time.
    if (Number.isNaN(event.atMs)) event.atMs = this.#events.at(-1)?.atMs ?? msOf(this.#execution['startDate']) ?? 0
    this.#events.push(event)
    this.#payloads.take(event)
    this.#reader.take(event)
  }

  /** @param holey the events of a history with holes, where names are looked for in what follows */
  #fresh(holey: readonly RunEvent[] = []): Reader {
    const next = new Map<number, RunEvent>()
    for (const event of holey) if (!next.has(event.previousId)) next.set(event.previousId, event)
    return new Reader(this.chart, (event) => {
      let at: RunEvent | undefined = event
      for (let steps = 0; at !== undefined && steps < 1000; steps += 1) {
        if (at.type.endsWith('StateExited')) return textOf(detailsOf(at)['name'])
        at = next.get(at.id)
      }
      return null
    })
  }

  #run(): Run {
    const events = this.#events
    const reader = this.#reader
    const described = this.#execution
    const first = events[0]
    const end = events.findLast(({ type }) => ENDS[type] !== undefined || type === 'ExecutionRedriven')
    const told = end === undefined ? undefined : (ENDS[end.type] ?? 'RUNNING')
    const said = STATUSES.find((status) => status === described['status'])
    // An event is certain; a description may be older, or newer by a redrive.
    const isNewer = Number(described['redriveCount'] ?? 0) > reader.redrivenMs.length
    const status = told === undefined || told === 'RUNNING' || isNewer ? (said ?? told ?? 'RUNNING') : told
    const isEndMissing = (told === undefined || told === 'RUNNING') && status !== 'RUNNING' && status !== 'PENDING_REDRIVE'
    const isOver = status !== 'RUNNING'
    const stoppedMs = isOver ? (told !== undefined && told !== 'RUNNING' ? (end?.atMs ?? null) : msOf(described['stopDate'])) : null
    const started = first?.type === 'ExecutionStarted' ? detailsOf(first) : {}
    const ended = end !== undefined && isOver ? detailsOf(end) : {}
    const { error, cause } = errorOf(ended)
    const distributed = new Set<string>()
    for (const { place, mapRunArn } of reader.visits) {
      const state = this.chart?.states.get(place)
      if (mapRunArn !== null || state?.isDistributed === true) distributed.add(state?.name ?? place.slice(place.lastIndexOf('/') + 1))
    }
    return {
      status,
      startedMs: first?.id === 1 ? first.atMs : (msOf(described['startDate']) ?? first?.atMs ?? 0),
      endedMs: stoppedMs,
      redrivenMs: [...reader.redrivenMs],
      error: isOver ? (error ?? textOf(described['error'])) : null,
      cause: isOver ? (cause ?? textOf(described['cause'])) : null,
      input: jsonTextOf(started['input']) ?? jsonTextOf(described['input']),
      output: isOver ? (jsonTextOf(ended['output']) ?? jsonTextOf(described['output'])) : null,
      visits: [...reader.visits],
      events: [...events],
      taken: new Set(reader.taken),
      // A file may say what its events say as well.
      gaps: eachOnce([
        ...(this.about.gaps ?? []),
        ...gapWords(
          {
            chart: this.chart,
            status,
            strangeNames: reader.places.strange,
            strangeTypes: reader.strangeTypes,
            homeless: reader.homeless,
            hasCutOff: reader.hasCutOff,
            payloads: this.#payloads,
            holes: this.#isWhole ? [] : holesIn(events),
            isEndMissing,
            distributed,
          },
          first,
        ),
      ]),
    }
  }
}

/** Each once. */
function eachOnce(sentences: readonly string[]): string[] {
  return [...new Set(sentences)]
}

/** An event by its id. */
export function eventById(run: Run, id: number): RunEvent | undefined {
  const first = run.events[0]?.id ?? 1
  const guess = run.events[id - first]
  return guess?.id === id ? guess : run.events.find((event) => event.id === id)
}
