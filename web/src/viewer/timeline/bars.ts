/** What is drawn in a row: when it was at work, when it waited, and when it paused after a failure. */
import { callOf } from '../chart/call'
import type { Chart, RunEvent, Visit } from '../types'
import { isRedriveBetween } from '../run/picked'
import { eventById } from '../run/read-run'
import { lasted } from '../run/words'
import { isWords, type TimelineNode } from './tree'

export interface Bar {
  /**
   * `span`: a state with others within it, or the time around its tries. `work`: a try. `wait`: until somebody or something
   * else is done. `pause`: before the next try.
   */
  kind: 'span' | 'work' | 'wait' | 'pause'
  tone: 'good' | 'bad' | 'caught' | 'stopped' | 'live'
  fromMs: number
  /** `null` while it goes on. */
  toMs: number | null
}

/** The bars of a row, those behind first. */
export function barsOf(node: TimelineNode, chart: Chart | null): Bar[] {
  const { visit } = node
  const span: Bar = { kind: 'span', tone: toneOf(node), fromMs: node.beganMs, toMs: node.endedMs }
  if (isWords(node)) return []
  if (visit === null || node.type === 'Map' || node.type === 'Parallel') return [span]
  if (node.type === 'Wait') return [{ ...span, kind: 'wait' }]
  if (visit.attempts.length === 0) return [{ ...span, kind: 'work' }]
  const bars: Bar[] = [span]
  const definition = chart?.states.get(visit.place)?.definition
  const ends = definition === undefined ? undefined : callOf(definition)?.ends
  const events = visit.events.map((id) => eventById(node.run, id)).filter((event) => event !== undefined)
  visit.attempts.forEach((attempt, index) => {
    const before = visit.attempts[index - 1]
    // What lies before a redrive is nobody's pause.
    const isPause = before !== undefined && before.endedMs !== null && attempt.beganMs > before.endedMs && !isRedriveBetween(before, attempt, node.run.redrivenMs)
    if (isPause) bars.push({ kind: 'pause', tone: 'stopped', fromMs: before.endedMs ?? attempt.beganMs, toMs: attempt.beganMs })
    const tone = attempt.fate === 'running' ? 'live' : attempt.fate === 'succeeded' ? 'good' : attempt.fate === 'aborted' ? 'stopped' : 'bad'
    const next = visit.attempts[index + 1]
    const own = events.filter(({ atMs }) => atMs >= attempt.beganMs && (next === undefined || atMs < next.beganMs || atMs === attempt.beganMs))
    const [waitFrom, waitTo] = waitOf(own, ends)
    if (waitFrom === null) {
      bars.push({ kind: 'work', tone, fromMs: attempt.beganMs, toMs: attempt.endedMs })
      return
    }
    const end = waitTo ?? attempt.endedMs
    if (waitFrom > attempt.beganMs) bars.push({ kind: 'work', tone, fromMs: attempt.beganMs, toMs: waitFrom })
    bars.push({ kind: 'wait', tone, fromMs: waitFrom, toMs: end })
    if (end !== null && end !== attempt.endedMs) bars.push({ kind: 'work', tone, fromMs: end, toMs: attempt.endedMs })
  })
  const last = visit.attempts.at(-1)
  // After a failure it stays there for its next try.
  if (visit.leftMs === null && last !== undefined && last.endedMs !== null && last.fate !== 'succeeded') bars.push({ kind: 'pause', tone: 'stopped', fromMs: last.endedMs, toMs: null })
  return bars
}

/** From when to when a try waited for somebody else: for an answer to its token, for a job, for a worker. */
function waitOf(events: readonly RunEvent[], ends: 'answer' | 'job' | 'token' | 'worker' | undefined): [number | null, number | null] {
  const submitted = events.find(({ type }) => type.endsWith('Submitted'))
  if (submitted !== undefined && ends !== 'answer') return [submitted.atMs, null]
  const taken = events.find(({ type }) => type === 'ActivityStarted')
  const offered = events.find(({ type }) => type === 'ActivityScheduled')
  return offered === undefined ? [null, null] : [offered.atMs, taken?.atMs ?? null]
}

function toneOf({ fate }: TimelineNode): Bar['tone'] {
  switch (fate) {
    case 'failed':
    case 'timedOut':
      return 'bad'
    case 'caught':
      return 'caught'
    case 'aborted':
      return 'stopped'
    case 'running':
    case 'waiting':
      return 'live'
    case 'succeeded':
      return 'good'
  }
}

/** The tries of a visit and the pauses between them in words: `3 tries, 6 s of pauses`. */
export function triesWords({ attempts }: Pick<Visit, 'attempts'>, redrivenMs: readonly number[]): string {
  if (attempts.length < 2) return ''
  let pausedMs = 0
  attempts.forEach((attempt, index) => {
    const before = attempts[index - 1]
    if (before !== undefined && before.endedMs !== null && !isRedriveBetween(before, attempt, redrivenMs)) pausedMs += Math.max(0, attempt.beganMs - before.endedMs)
  })
  return pausedMs === 0 ? `${attempts.length} tries` : `${attempts.length} tries, ${lasted(pausedMs)} of pauses`
}
