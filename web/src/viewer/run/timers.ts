/**
 * Until when a Wait state waits. A history does not say; the definition does, at times by what the state was given. Simple
 * paths into its input and into variables are followed; what computes more than that is not known.
 */
import { around } from '../chart/place'
import { isObject } from '../chart/json'
import type { ChartState, Run, Visit } from '../types'
import { msOf } from './event'

/** @returns milliseconds since 1970, or `null` if only the service knows */
export function timerEndMs(run: Run, state: ChartState, visit: Visit): number | null {
  const { definition } = state
  // A redriven wait begins anew.
  const sinceMs = Math.max(visit.enteredMs, ...run.redrivenMs.slice(-1))
  const seconds = valueOf(run, visit, definition['Seconds'] ?? definition['SecondsPath'])
  if (typeof seconds === 'number') return sinceMs + seconds * 1000
  const timestamp = valueOf(run, visit, definition['Timestamp'] ?? definition['TimestampPath'])
  return typeof timestamp === 'string' ? msOf(timestamp) : null
}

/** A literal, or what a simple path or expression leads to. */
function valueOf(run: Run, visit: Visit, said: unknown): unknown {
  if (typeof said !== 'string') return said
  const expression = /^\s*\{%(.*)%\}\s*$/s.exec(said)?.[1]?.trim()
  if (expression === undefined) return said.startsWith('$') ? follow(run, visit, said) : said
  if (/^\d+(\.\d+)?$/.test(expression)) return Number(expression)
  if (expression.startsWith('$states.input')) return follow(run, visit, `$${expression.slice('$states.input'.length)}`)
  return follow(run, visit, expression)
}

/** `$.a.b[0]` in the state's input, `$name.a` in a variable. */
function follow(run: Run, visit: Visit, path: string): unknown {
  const parts = /^\$(\w*)((?:\.\w+|\[\d+\])*)$/.exec(path)
  if (parts === null) return undefined
  const text = parts[1] === '' ? visit.input : variable(run, visit, parts[1] ?? '')
  let value: unknown
  try {
    value = text === null ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
  for (const [, name, index] of (parts[2] ?? '').matchAll(/\.(\w+)|\[(\d+)\]/g)) {
    if (name !== undefined) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
    else value = Array.isArray(value) ? value[Number(index)] : undefined
  }
  return value
}

/** A variable as a visit sees it: assigned before it in its own flow, or in one around it. */
function variable(run: Run, visit: Visit, name: string): string | null {
  const byId = new Map(run.visits.map((one) => [one.id, one]))
  for (let at: Visit | undefined = visit; at !== undefined; at = at.parent === null ? undefined : byId.get(at.parent)) {
    const { parent, iterations, place, id } = at
    const flow = around(place)?.flow
    const last = run.visits.findLast(
      (one) =>
        one.parent === parent &&
        one.id < id &&
        around(one.place)?.flow === flow &&
        one.iterations.join() === iterations.join() &&
        Object.hasOwn(one.assigned, name),
    )
    if (last !== undefined) return last.assigned[name] ?? null
  }
  return null
}
