/** A fault that somebody puts together, and what is wrong with it so far. */
import { ANY, type Deed, type Fault, type Kind } from './faults'

/** What stands in the form's fields. */
export interface Draft {
  machine: string
  state: string
  kind: Kind
  error: string
  cause: string
  seconds: string
  often: 'once' | 'times' | 'always'
  times: string
  percent: string
}

/** The form as it is opened: what harms least. */
export function newDraft(): Draft {
  return { machine: '', state: ANY, kind: 'lose_answer', error: '', cause: '', seconds: '5', often: 'once', times: '3', percent: '100' }
}

/** A delay of more is none that anybody waits for. */
const SECONDS_MAX = 86_400
const TIMES_MAX = 1_000_000

export type DraftProblems = Partial<Record<'machine' | 'error' | 'seconds' | 'times' | 'percent', string>>

/** The fault that a draft means, or what is wrong with it, by field. */
export function faultOf(draft: Draft): { readonly fault: Fault } | { readonly wrong: DraftProblems } {
  const wrong: DraftProblems = {}
  if (draft.machine === '') wrong.machine = 'Choose a machine.'
  if (draft.kind === 'fail' && draft.error.trim() === '') wrong.error = 'Say with which error, such as States.Timeout.'
  const seconds = whole(draft.seconds)
  if (draft.kind === 'delay' && (seconds === null || seconds < 1 || seconds > SECONDS_MAX)) wrong.seconds = `A whole number of seconds, 1 to ${SECONDS_MAX.toLocaleString('en')}.`
  const times = draft.often === 'once' ? 1 : draft.often === 'always' ? null : whole(draft.times)
  if (draft.often === 'times' && (times === null || times < 1 || times > TIMES_MAX)) wrong.times = 'A whole number from 1 on.'
  const percent = /^\d{1,3}([.,]\d+)?$/.test(draft.percent.trim()) ? Number(draft.percent.trim().replace(',', '.')) : Number.NaN
  if (!(percent > 0 && percent <= 100)) wrong.percent = 'More than 0, and at most 100.'
  if (Object.keys(wrong).length > 0) return { wrong }
  const { kind } = draft
  const deed: Deed = kind === 'fail' ? { kind, error: draft.error.trim(), cause: draft.cause.trim() } : kind === 'delay' ? { kind, seconds: seconds ?? 0 } : { kind }
  return { fault: { machine: draft.machine, state: draft.state, deed, times, probability: percent / 100 } }
}

/** A whole number that was typed; `null` if it is none. */
export function whole(typed: string): number | null {
  return /^\d{1,9}$/.test(typed.trim()) ? Number(typed.trim()) : null
}
