/** When a failed try is made again, by the definition's retriers. */
import { listOf, memberOf } from '../chart/json'
import type { Attempt } from '../types'
import { isRedriveBetween } from './picked'

/** The pause before the next try. */
export interface Pause {
  /** How long it is at most, in milliseconds. */
  readonly mostMs: number
  /** Whether it is drawn at random below that. */
  readonly isDrawn: boolean
  /** Which try comes next, from 1: of `of` in all. */
  readonly retry: number
  readonly of: number
}

/** The pause after the last of these attempts, which failed; `null` if it is not tried again. */
export function pauseAfter(definition: Record<string, unknown>, attempts: readonly Attempt[], redrivenMs: readonly number[]): Pause | null {
  const retriers = listOf(definition['Retry'])
  const counts = new Map<unknown, number>()
  let pause: Pause | null = null
  attempts.forEach((attempt, index) => {
    const before = attempts[index - 1]
    // A redrive counts anew.
    if (before !== undefined && isRedriveBetween(before, attempt, redrivenMs)) counts.clear()
    pause = null
    const { error } = attempt
    if (error === null || attempt.fate === 'succeeded') return
    const retrier = retriers.find((one) => fits(listOf(memberOf(one, 'ErrorEquals')), error))
    if (retrier === undefined) return
    const count = (counts.get(retrier) ?? 0) + 1
    counts.set(retrier, count)
    const of = numberOf(memberOf(retrier, 'MaxAttempts'), 3)
    if (count > of) return
    const grown = numberOf(memberOf(retrier, 'IntervalSeconds'), 1) * numberOf(memberOf(retrier, 'BackoffRate'), 2) ** (count - 1)
    const mostMs = Math.min(grown, numberOf(memberOf(retrier, 'MaxDelaySeconds'), Infinity)) * 1000
    pause = { mostMs, isDrawn: memberOf(retrier, 'JitterStrategy') === 'FULL', retry: count, of }
  })
  return pause
}

/** Whether one of these names stands for an error. */
function fits(names: readonly unknown[], error: string): boolean {
  const isFinal = error === 'States.Runtime' || error === 'States.DataLimitExceeded'
  return names.some(
    (name) =>
      name === error ||
      (name === 'States.ALL' && !isFinal) ||
      (name === 'States.TaskFailed' && !isFinal && error !== 'States.Timeout' && error !== 'States.HeartbeatTimeout') ||
      // A missed heartbeat is written down as a time-out.
      (name === 'States.HeartbeatTimeout' && error === 'States.Timeout') ||
      (name === 'States.Timeout' && error === 'States.HeartbeatTimeout'),
  )
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise
}
