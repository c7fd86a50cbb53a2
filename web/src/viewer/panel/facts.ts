/** What a panel says of one visit: its tries with their pauses, whose log to read, and its cause in readable form. */
import { callOf, lastNameOf } from '../chart/call'
import { isObject, memberOf, textOf } from '../chart/json'
import { valueOf } from '../json/rows'
import { isRedriveBetween } from '../run/picked'
import type { Attempt, ChartState, JsonText, Visit } from '../types'

/** One try, and what lay between it and the one before. */
export interface Try {
  attempt: Attempt
  /** From 1. */
  number: number
  /** The pause before it in milliseconds; `null` for the first. */
  pauseMs: number | null
  /** Whether a redrive led to it, and not a retry. */
  isRedrive: boolean
}

export function triesOf({ attempts }: Pick<Visit, 'attempts'>, redrivenMs: readonly number[]): Try[] {
  return attempts.map((attempt, index) => {
    const before = attempts[index - 1]
    const pauseMs = before === undefined || before.endedMs === null ? null : Math.max(0, attempt.beganMs - before.endedMs)
    return { attempt, number: index + 1, pauseMs, isRedrive: before !== undefined && isRedriveBetween(before, attempt, redrivenMs) }
  })
}

/** The function that a visit called: by what was asked, else by the definition. `null` if it called none that is known. */
export function functionOf(state: ChartState | undefined, attempts: readonly Attempt[]): string | null {
  const call = state === undefined ? null : callOf(state.definition)
  if (call !== null && !/(^|:)lambda$/.test(call.service)) return null
  for (const { asked } of attempts) {
    const name = asked === null || asked.length > 1_000_000 ? null : textOf(memberOf(valueOf(asked), 'FunctionName'))
    if (name !== null) return name
  }
  return call?.target ?? null
}

/** A function's own name, for people. */
export function functionName(fn: string): string {
  return lastNameOf(fn) ?? fn
}

/** What an error's cause says. Many are JSON: what a function threw, or a whole call. */
export interface Cause {
  /** The sentence in it; the cause itself where it is plain text. */
  message: string
  /** The lines of a stack, if it has one. */
  stack: string[]
  /** The cause as JSON, if it is. */
  json: JsonText
}

export function causeOf(cause: string | null): Cause | null {
  if (cause === null || cause === '') return null
  const value = valueOf(cause)
  if (typeof value !== 'object' || value === null) return { message: cause, stack: [], json: null }
  const message = ['errorMessage', 'message', 'Message', 'detail', 'Error', 'error', 'Cause'].map((name) => textOf(memberOf(value, name))).find((text) => text !== null)
  const stack = isObject(value) ? (value['stackTrace'] ?? value['trace'] ?? value['stack']) : null
  const lines = Array.isArray(stack) ? stack.map(String) : typeof stack === 'string' ? stack.split('\n') : []
  return { message: message ?? '', stack: lines.map((line) => line.trimEnd()).filter((line) => line !== ''), json: cause }
}
