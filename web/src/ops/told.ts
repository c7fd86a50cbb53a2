/** What is known of an execution of ours besides its history, and small questions about it that sentences ask. */
import type { Shape } from '../api/client'
import { memberOf, textOf } from '../viewer/chart/json'
import type { JsonText, Run, Visit } from '../viewer/types'
import { countdown } from '../words/time'

/** What the books say of the order behind an execution. */
export type Effects = Shape<'Effects'>
export type Effect = Shape<'Effect'>

/** What a sentence is made of. */
export interface Told {
  readonly run: Run
  /** The state that it is about. */
  readonly visit: Visit
  /** `null` while the server's time is not known. */
  readonly nowMs: number | null
  /** The books; `undefined` before they are read, and where there is no order. */
  readonly effects: Effects | undefined
}

export type Saying = string | ((told: Told) => string)

export function said(saying: Saying, told: Told): string {
  return typeof saying === 'string' ? saying : saying(told)
}

/** A member of JSON text. */
export function inJson(text: JsonText, name: string): unknown {
  if (text === null) return undefined
  try {
    return memberOf(JSON.parse(text) as unknown, name)
  } catch {
    return undefined
  }
}

/** `ticket`, `dish` or `product`, by the order or by what the execution was given. */
export function kindOf({ run, effects }: Pick<Told, 'run' | 'effects'>): string | null {
  const line = effects?.order.lines[0]
  if (line?.ticketId) return 'ticket'
  if (line?.dishId) return 'dish'
  if (line?.productId) return 'product'
  return textOf(inJson(run.input, 'kind'))
}

/** What an order holds: `the ticket`, `the 3 tickets`, `the ingredients`, `the products`. */
export function heldThings(told: Pick<Told, 'run' | 'effects'>): string {
  const kind = kindOf(told)
  if (kind === 'dish') return 'the ingredients'
  if (kind === 'product') return 'the products'
  const count = told.effects?.order.lines.length ?? 1
  if (kind === 'ticket') return count === 1 ? 'the ticket' : `the ${count} tickets`
  return 'what was held'
}

/** `is` or `are`, as {@link heldThings} wants it. */
export function areHeld(told: Pick<Told, 'run' | 'effects'>): string {
  return ['the ticket', 'what was held'].includes(heldThings(told)) ? 'is' : 'are'
}

/** When the hold ends: by the order, else by how long the state that waits for the payment may take. */
export function holdEndsMs({ run, visit, effects }: Told): number | null {
  if (effects !== undefined) return Date.parse(effects.order.hold.expiresAt)
  const seconds = inJson(visit.input, 'await_payment_s') ?? inJson(run.input, 'await_payment_s')
  return typeof seconds === 'number' ? visit.enteredMs + seconds * 1000 : null
}

/** `ends in 12:41`; empty where the time is not known. */
export function endsIn(atMs: number | null, nowMs: number | null, before: string, over: string): string {
  if (atMs === null || nowMs === null) return ''
  return atMs > nowMs ? `${before} ${countdown(atMs - nowMs)}` : over
}

/** Which attempt to charge it is, by the order, else by how many were declined before. */
export function attemptOf({ run, effects }: Told): number {
  const latest = effects?.payments.at(-1)
  if (latest !== undefined) return latest.attempt
  return 1 + run.visits.filter(({ error }) => error === 'PaymentWillBeRetried' || error === 'PaymentDeclined').length
}

/** `try 3 of 5`. */
export function tryWords(told: Told): string {
  return told.effects === undefined ? `try ${attemptOf(told)}` : `try ${attemptOf(told)} of ${told.effects.attemptsMax}`
}

/** Whether the provider has to be asked what became of a charge or refund. */
export function isUnknown({ visit, effects }: Told): boolean {
  const last = visit.attempts.findLast(({ error }) => error !== null)
  return last?.error === 'PaymentOutcomeUnknown' || effects?.payments.at(-1)?.status === 'unknown'
}
