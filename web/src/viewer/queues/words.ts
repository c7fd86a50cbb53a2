/** Queues and dead letters in words: what is stuck, since when, and what became of it. */
import { causeWords, countWords } from '../list/words'
import { isObject, textOf } from '../chart/json'
import { valueOf } from '../json/rows'
import { lasted } from '../run/words'
import type { Queue, Redriven } from './calls'

/** How many dead letters a queue has; `null` where that could not be asked, 0 where it parks none. */
export function lettersOf({ deadLetters }: Queue): number | null {
  return deadLetters?.depth ?? null
}

/** Those with dead letters first; else in the server's order, so that nothing moves while figures do. */
export function inOrder(queues: readonly Queue[]): Queue[] {
  const isStuck = (queue: Queue): number => Number((lettersOf(queue) ?? 0) > 0)
  return [...queues].sort((one, other) => isStuck(other) - isStuck(one))
}

/** The one sentence: whether anything is stuck. */
export function verdictWords(queues: readonly Queue[]): string {
  const stuck = queues.filter((queue) => (lettersOf(queue) ?? 0) > 0)
  const count = stuck.reduce((sum, queue) => sum + (lettersOf(queue) ?? 0), 0)
  if (count === 0) return queues.some((queue) => lettersOf(queue) === null) ? 'No message is stuck, as far as dead letters could be counted.' : 'No message is stuck.'
  const where = stuck.length === 1 ? `of ${stuck[0]?.name ?? 'one queue'}` : `of ${stuck.length} queues`
  return `${countWords(count, 'dead letter')} ${where}.`
}

/** How long the oldest message has waited: `2 min 5 s`, or why there is no figure. */
export function ageWords({ oldestAgeS, depth, inFlight, delayed }: Queue): string {
  if (oldestAgeS != null) return lasted(oldestAgeS * 1_000)
  return depth + inFlight + delayed === 0 ? 'none waits' : 'nobody knows'
}

/** Since when, before now: `4 min 2 s ago`. */
export function agoWords(sinceMs: number, nowMs: number): string {
  return nowMs - sinceMs < 1_000 ? 'just now' : `${lasted(nowMs - sinceMs)} ago`
}

/** Members in which a message says what went wrong. */
const WHYS = ['errorMessage', 'error_message', 'ErrorMessage', 'error', 'Error', 'cause', 'Cause', 'reason', 'detail'] as const
const DEPTH_MAX = 4

/** What a message itself says went wrong; `null` if it says nothing. */
export function whyOf(body: string): string | null {
  return whyIn(valueOf(body), 0)
}

function whyIn(value: unknown, depth: number): string | null {
  if (!isObject(value) || depth > DEPTH_MAX) return null
  const said = [...new Set(WHYS.flatMap((member) => textOf(value[member]) ?? []).map((text) => causeWords(text)))]
  if (said.length > 0) return said.slice(0, 2).join(': ')
  for (const member of Object.values(value)) {
    const within = typeof member === 'string' && /^\s*\{/.test(member) ? valueOf(member) : member
    const found = whyIn(within, depth + 1)
    if (found !== null) return found
  }
  return null
}

/** Why a message is here, as far as anybody can tell. */
export function reasonWords(body: string, feeds: string): string {
  const said = whyOf(body)
  return said === null
    ? `The message does not say why. ${feeds} received it and did not finish, each time it was delivered: its log says what went wrong.`
    : `It says: ${said}`
}

/** What a redrive would do, before it is done. */
export interface Preview {
  readonly title: string
  /** What moves, and to whom. */
  readonly moves: string
  readonly protects: readonly string[]
  readonly confirm: string
}

export function previewOf({ queue, feeds, letters, isAll }: Redriven): Preview {
  const count = letters.length
  const these = count === 1 ? 'One letter' : `${count} letters`
  return {
    title: !isAll ? 'Redrive all letters?' : count === 1 ? 'Redrive this letter?' : `Redrive ${countWords(count, 'letter')}?`,
    moves: isAll
      ? `${these} would be sent to ${queue} again, where ${feeds} receives ${count === 1 ? 'it' : 'them'} next.`
      : `All of them would be sent to ${queue} again, ${count} at a time, where ${feeds} receives them next. It stops by itself at the first that does not move.`,
    protects: [
      'Each is sent first and taken from the dead letters then, so none is lost. Should that be interrupted in between, it is in both.',
      `So it may come twice, as with any message of a queue: ${feeds} must notice what it has done before.`,
      `If ${feeds} still fails, the letter comes back here. Look at its log first, if nobody has repaired anything yet.`,
    ],
    confirm: !isAll ? 'Redrive all' : count === 1 ? 'Redrive it' : `Redrive ${count === 0 ? 'them' : `these ${count}`}`,
  }
}

/** Whether a redrive of all goes on with the rest by itself: there is a rest, and nothing stood in the way so far. */
export function goesOn({ isAll, letters }: Redriven): boolean {
  return !isAll && letters.length > 0 && letters.every(({ outcome }) => outcome === 'moved')
}

/** What became of one letter. */
export function outcomeWords(outcome: string, why: string | null | undefined, feeds: string): string {
  const because = why == null || why === '' ? '' : ` (${why})`
  switch (outcome) {
    case 'wouldMove':
      return 'would be moved'
    case 'moved':
      return `moved: ${feeds} receives it next`
    case 'doubled':
      return `sent, but not taken from the dead letters${because}: it is in both now, and ${feeds} gets it again if it is redriven again`
    case 'kept':
      return `not moved${because}: it is a dead letter as before, and can be redriven again`
    default:
      return `${outcome}${because}`
  }
}

/** The badge's class of an outcome. */
export function outcomeTone(outcome: string): 'badge-go' | 'badge-time' | 'badge-bad' | 'badge-soft' {
  return outcome === 'moved' ? 'badge-go' : outcome === 'doubled' ? 'badge-time' : outcome === 'kept' ? 'badge-bad' : 'badge-soft'
}

const OUTCOMES = { moved: 'moved', doubled: 'in both queues', kept: 'not moved' } as const

/** `3 moved, 1 not moved.` of all letters of a redrive. */
export function sumWords(letters: readonly Redriven['letters'][number][]): string {
  const parts = Object.entries(OUTCOMES).flatMap(([outcome, words]) => {
    const count = letters.filter((letter) => letter.outcome === outcome).length
    return count === 0 ? [] : [`${count.toLocaleString('en')} ${words}`]
  })
  return parts.length === 0 ? 'No letter was there to be moved.' : `${parts.join(', ')}.`
}
