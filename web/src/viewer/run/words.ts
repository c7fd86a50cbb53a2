/** Runs in words: how a state fared, and what is waited for. */
import { callWords, type Call } from '../chart/call'
import { countdown } from '../../words/time'
import type { Fate, RunStatus } from '../types'
import type { Limit, Waiting } from './waiting'

const FATES: Readonly<Record<Fate, string>> = {
  running: 'Running',
  waiting: 'Waiting',
  succeeded: 'Succeeded',
  failed: 'Failed',
  caught: 'Failed, and caught',
  timedOut: 'Timed out',
  aborted: 'Stopped',
}

const STATUSES: Readonly<Record<RunStatus, string>> = {
  RUNNING: 'Running',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  TIMED_OUT: 'Timed out',
  ABORTED: 'Stopped',
  PENDING_REDRIVE: 'To be redriven',
}

export function fateWords(fate: Fate): string {
  return FATES[fate]
}

/** A status in words; one that is not known here by its name. */
export function statusWords(status: string): string {
  return (STATUSES as Readonly<Record<string, string>>)[status] ?? status
}

/** How long something took: `12 ms`, `3.4 s`, `2 min 5 s`, `1 h 3 min`, `2 d 4 h`. */
export function lasted(ms: number): string {
  const rounded = Math.max(0, Math.round(ms))
  if (rounded < 1000) return `${rounded} ms`
  if (rounded < 10_000) return `${(rounded / 1000).toFixed(1)} s`
  const seconds = Math.round(rounded / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return two(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  const minutes = Math.floor(seconds / 60)
  if (minutes < 24 * 60) return two(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  return two(Math.floor(minutes / 1440), 'd', Math.floor((minutes % 1440) / 60), 'h')
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}

/** What is awaited, in a word or two for a badge. */
export function waitingShort({ kind }: Waiting): string {
  switch (kind) {
    case 'token':
      return 'Waits for an answer'
    case 'timer':
      return 'Waits for its time'
    case 'child':
      return 'Waits for another execution'
    case 'job':
      return 'Waits for a job'
    case 'worker':
      return 'Waits for a worker'
    case 'activity':
      return 'A worker is at it'
    case 'retry':
      return 'Tries again soon'
    case 'mapRun':
      return 'Waits for its items'
    case 'call':
      return 'Waits for a call'
  }
}

/** What is awaited, as a sentence: who can end it, and when it ends by itself. */
export function waitingWords(waiting: Waiting, nowMs: number): string {
  return [awaited(waiting, nowMs), ...waiting.limits.slice(0, 1).map((limit) => limitWords(limit, nowMs))].join(' ')
}

/** A limit as a sentence. */
export function limitWords({ of, atMs, isEarliest }: Limit, nowMs: number): string {
  if (atMs <= nowMs) {
    // Only a sign of life may have put it off; anything else is on its way.
    return isEarliest ? 'It lives on by the signs of life that it gives.' : `${LIMITS[of]} is over; the history will tell in a moment.`
  }
  const left = countdown(atMs - nowMs)
  return isEarliest ? `Without a sign of life it fails in ${left}.` : `${LIMITS[of]} ends in ${left}.`
}

const LIMITS: Readonly<Record<Limit['of'], string>> = {
  task: 'Its time limit',
  heartbeat: 'The time for a sign of life',
  execution: 'The time limit of the whole execution',
}

function awaited(waiting: Waiting, nowMs: number): string {
  const { kind, name, untilMs, call } = waiting
  switch (kind) {
    case 'token':
      return `${name} waits until somebody answers the token that it gave to ${whom(call)}.`
    case 'timer':
      if (untilMs === null) return `${name} waits for a time that only the service knows.`
      return untilMs > nowMs ? `${name} waits for ${countdown(untilMs - nowMs)} more.` : `${name} has waited; it goes on in a moment.`
    case 'child':
      return `${name} waits until the execution that it started has ended.`
    case 'job':
      return `${name} waits until the job that it started with ${whom(call)} has ended.`
    case 'worker':
      return `${name} waits for a worker to take ${call?.target === null || call === null ? 'its activity' : `the activity ${call.target}`}.`
    case 'activity':
      return `${name} is being done by ${waiting.worker === null ? 'a worker' : `the worker ${waiting.worker}`}.`
    case 'retry': {
      const again = waiting.retry === null ? 'is tried again' : `is tried again (${waiting.retry.retry} of ${waiting.retry.of})`
      const when = untilMs === null || untilMs <= nowMs ? 'in a moment' : `${waiting.isLatest ? 'within' : 'in'} ${countdown(untilMs - nowMs)}`
      return `${name} failed${waiting.error === null ? '' : ` with ${waiting.error}`} and ${again} ${when}.`
    }
    case 'mapRun':
      return `${name} waits for the executions of its items.`
    case 'call':
      return `${name} waits for the answer of ${whom(call)}.`
  }
}

function whom(call: Call | null): string {
  const words = call === null ? '' : callWords(call)
  return words === '' ? 'whom it asked' : words
}
