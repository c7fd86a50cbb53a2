/** Where faults can strike in a machine, and with which errors. The server has the last word and says why it refuses one. */
import { callOf } from '../chart/call'
import { listOf, memberOf, textOf } from '../chart/json'
import type { Chart, ChartState } from '../types'
import type { Moment } from './faults'

/** A state that a fault can strike. */
export interface Strikable {
  readonly name: string
  readonly moments: readonly Moment[]
  /** Errors that its own Retry and Catch, and the Catch of what is around it, name. */
  readonly errors: readonly string[]
}

/** What sends a message to a queue, a topic or a bus. */
const SENDING = /^(sqs:sendMessage|sns:publish|events:putEvents|aws-sdk:(sqs:sendMessage(Batch)?|sns:publish|eventbridge:putEvents))$/

/** Names that stand for many errors. */
const WILD = ['States.ALL', 'States.TaskFailed']

/** The states that faults can strike, in the definition's order; those of one name are one. */
export function strikable(chart: Chart): Strikable[] {
  const found = new Map<string, Strikable>()
  for (const state of chart.states.values()) {
    const moments = momentsOf(state)
    if (moments.length === 0) continue
    const before = found.get(state.name)
    found.set(state.name, {
      name: state.name,
      moments: [...new Set([...(before?.moments ?? []), ...moments])],
      errors: [...new Set([...(before?.errors ?? []), ...errorsOf(state, chart)])],
    })
  }
  return [...found.values()]
}

function momentsOf(state: ChartState): Moment[] {
  const call = state.type === 'Task' ? callOf(state.definition) : null
  if (call === null) return []
  const isStart = call.service === 'states' && call.action === 'startExecution'
  return [
    ...(call.ends === 'worker' || isStart ? [] : (['call'] as const)),
    ...(call.ends === 'token' || call.ends === 'worker' ? (['callback'] as const) : []),
    ...(SENDING.test(`${call.service}:${call.action}`) ? (['message'] as const) : []),
  ]
}

function errorsOf(state: ChartState, chart: Chart): string[] {
  const named = (of: ChartState, field: 'Retry' | 'Catch'): string[] =>
    listOf(of.definition[field]).flatMap((rule) => listOf(memberOf(rule, 'ErrorEquals')).flatMap((error) => textOf(error) ?? []))
  const errors = [...named(state, 'Retry'), ...named(state, 'Catch')]
  for (let around = state.parent; around !== null; ) {
    const outer = chart.states.get(around)
    if (outer === undefined) break
    errors.push(...named(outer, 'Catch'))
    around = outer.parent
  }
  return errors.filter((error) => !WILD.includes(error))
}
