/** Why a run is not further: what is awaited, whose answer that is, and when it ends by itself. In data; the words are in `words.ts`. */
import { actionOf, callOf, type Call } from '../chart/call'
import { textOf } from '../chart/json'
import { nameOf } from '../chart/place'
import type { Chart, Place, Run, RunEvent, Visit } from '../types'
import { detailsOf } from './event'
import { eventById } from './read-run'
import { pauseAfter, type Pause } from './retries'
import { timerEndMs } from './timers'

/** A moment at which something ends by itself. */
export interface Limit {
  of: 'task' | 'heartbeat' | 'execution'
  atMs: number
  /** It may be later: a sign of life puts it off, and histories do not tell of those. */
  isEarliest: boolean
}

/** One state that waits, or that is at work. */
export interface Waiting {
  visit: number
  place: Place
  name: string
  iterations: number[]
  /**
   * `token`: until somebody answers a task token. `timer`: a Wait state. `child`: an execution that it started. `job`: a job
   * that it started. `worker`: no worker has taken the activity yet. `activity`: a worker is at it. `retry`: the pause before
   * the next try. `mapRun`: the executions of a distributed map. `call`: a call is out.
   */
  kind: 'token' | 'timer' | 'child' | 'job' | 'worker' | 'activity' | 'retry' | 'mapRun' | 'call'
  sinceMs: number
  /** When the timer ends or the next try begins; `null` if that is not known, or it is somebody's to end. */
  untilMs: number | null
  /** Of a retry: it may come sooner, being drawn at random. */
  isLatest: boolean
  retry: Pick<Pause, 'retry' | 'of'> | null
  /** Whom it asked. */
  call: Call | null
  /** Who works on an activity, if that one said so. */
  worker: string | null
  childArn: string | null
  mapRunArn: string | null
  /** The error of the last try. */
  error: string | null
  /** What ends it by force, the soonest first; limits that are over at `nowMs` are still named. */
  limits: Limit[]
}

/**
 * What a run waits for, the longest first. Empty for one that has ended.
 *
 * @param nowMs limits that were struck more than an hour ago are left out: the history would tell
 */
export function waitingOn(run: Run, chart: Chart | null, nowMs: number): Waiting[] {
  if (run.status !== 'RUNNING') return []
  const open = run.visits.filter(({ leftMs }) => leftMs === null)
  const outer = new Set(open.map(({ parent }) => parent))
  const whole = executionLimit(run, chart)
  const all: Waiting[] = []
  for (const visit of open) {
    if (outer.has(visit.id)) continue
    const waiting = waitOf(run, chart, visit)
    if (waiting === null) continue
    if (whole !== null) waiting.limits.push(whole)
    waiting.limits = waiting.limits.filter(({ atMs }) => atMs > nowMs - 3_600_000).sort((one, other) => one.atMs - other.atMs)
    all.push(waiting)
  }
  return all.sort((one, other) => one.sinceMs - other.sinceMs)
}

function executionLimit(run: Run, chart: Chart | null): Limit | null {
  const timeoutS = chart?.timeoutS ?? null
  // A redrive begins it anew.
  return timeoutS === null ? null : { of: 'execution', atMs: (run.redrivenMs.at(-1) ?? run.startedMs) + timeoutS * 1000, isEarliest: false }
}

function waitOf(run: Run, chart: Chart | null, visit: Visit): Waiting | null {
  const state = chart?.states.get(visit.place)
  const events = visit.events.map((id) => eventById(run, id)).filter((event) => event !== undefined)
  const waiting: Waiting = {
    visit: visit.id,
    place: visit.place,
    name: state?.name ?? nameOf(visit.place),
    iterations: visit.iterations,
    kind: 'call',
    sinceMs: visit.enteredMs,
    untilMs: null,
    isLatest: false,
    retry: null,
    call: null,
    worker: null,
    childArn: visit.childArn,
    mapRunArn: visit.mapRunArn,
    error: null,
    limits: [],
  }
  const entered = events[0]?.type
  if (state?.type === 'Wait' || entered === 'WaitStateEntered') {
    waiting.kind = 'timer'
    waiting.sinceMs = Math.max(visit.enteredMs, ...run.redrivenMs.slice(-1))
    if (state !== undefined) waiting.untilMs = timerEndMs(run, state, visit)
    return waiting
  }
  if (visit.mapRunArn !== null) {
    waiting.kind = 'mapRun'
    return waiting
  }
  const attempt = visit.attempts.at(-1)
  const scheduled = events.findLast(({ type }) => type.endsWith('Scheduled'))
  if (attempt === undefined || scheduled === undefined) return null
  waiting.call = { ...(state === undefined ? null : callOf(state.definition)), ...callOfEvent(scheduled, state?.definition) }
  waiting.sinceMs = attempt.beganMs
  if (attempt.endedMs !== null) {
    if (attempt.fate === 'succeeded') return null
    const pause = state === undefined ? null : pauseAfter(state.definition, visit.attempts, run.redrivenMs)
    if (state !== undefined && pause === null) return null
    waiting.kind = 'retry'
    waiting.sinceMs = attempt.endedMs
    waiting.error = attempt.error
    waiting.untilMs = pause === null ? null : attempt.endedMs + pause.mostMs
    waiting.isLatest = pause?.isDrawn ?? false
    waiting.retry = pause === null ? null : { retry: pause.retry, of: pause.of }
    return waiting
  }
  const after = (suffix: string): RunEvent | undefined => events.findLast(({ id, type }) => id > scheduled.id && type.endsWith(suffix))
  const started = after('Started')
  const submitted = after('Submitted')
  if (waiting.call.ends === 'worker') {
    waiting.kind = started === undefined ? 'worker' : 'activity'
    waiting.worker = started === undefined ? null : textOf(detailsOf(started)['workerName'])
  } else if (submitted !== undefined && waiting.call.ends === 'token') waiting.kind = 'token'
  else if (submitted !== undefined && waiting.call.ends === 'job') waiting.kind = visit.childArn === null ? 'job' : 'child'
  if (started !== undefined || submitted !== undefined) waiting.sinceMs = (submitted ?? started)?.atMs ?? waiting.sinceMs
  const details = detailsOf(scheduled)
  const timeoutS = details['timeoutInSeconds']
  const heartbeatS = details['heartbeatInSeconds']
  // They count from the start of the work; of an activity that nobody has taken nothing counts yet.
  if (waiting.kind !== 'worker') {
    const fromMs = started?.atMs ?? scheduled.atMs
    if (typeof timeoutS === 'number') waiting.limits.push({ of: 'task', atMs: fromMs + timeoutS * 1000, isEarliest: false })
    if (typeof heartbeatS === 'number') {
      waiting.limits.push({ of: 'heartbeat', atMs: (submitted?.atMs ?? fromMs) + heartbeatS * 1000, isEarliest: true })
    }
  }
  return waiting
}

/** Whom an event of scheduling asks; the definition names the target. */
function callOfEvent(event: RunEvent, definition: Record<string, unknown> | undefined): Call {
  const details = detailsOf(event)
  const resource = textOf(details['resource']) ?? ''
  if (!event.type.startsWith('Task')) return callOf({ Resource: resource }) ?? { service: '', action: '', target: null, ends: 'answer' }
  const { action, ends } = actionOf(resource)
  const said = definition === undefined ? null : callOf(definition)
  return { service: textOf(details['resourceType']) ?? '', action, target: said?.target ?? null, ends }
}
