/** An execution as a file, which can be opened later without any account, and played against another definition. */
import { isObject, textOf } from '../chart/json'
import { FORMAT } from '../run/file'
import type { About } from '../source/shown'
import type { Run } from '../types'

type Exported = Pick<About, 'arn' | 'execution' | 'definition' | 'machineArn' | 'machineName'>

/** @param nowMs when it is exported; `null` if that is not known */
export function exportedText(about: Exported, { events, gaps }: Pick<Run, 'events' | 'gaps'>, nowMs: number | null): string {
  const { execution, definition, arn, machineArn, machineName } = about
  const exportedAt = nowMs === null ? null : new Date(nowMs).toISOString()
  const queryLanguage = (isObject(definition) ? textOf(definition['QueryLanguage']) : null) ?? 'JSONPath'
  // An Express execution's ARN says so.
  const type = arn === null ? null : arn.split(':')[5] === 'express' ? 'EXPRESS' : 'STANDARD'
  const machine = { stateMachineArn: machineArn, name: machineName, type, queryLanguage: definition === null ? null : queryLanguage }
  return JSON.stringify({ format: FORMAT, exportedAt, execution, machine, definition, events: events.map(({ raw }) => raw), gaps }, null, 1)
}

/** What is in the file, and what is not, in sentences. */
export function exportWords({ definition }: Pick<About, 'definition'>, { events, visits, gaps, status }: Pick<Run, 'events' | 'visits' | 'gaps' | 'status'>): string[] {
  const count = `${events.length.toLocaleString('en')} ${events.length === 1 ? 'event' : 'events'}`
  const words = [`It has the execution, ${definition === null ? '' : 'the definition that it runs, '}and ${status === 'RUNNING' ? `the ${count} until now` : `all ${count}`}.`]
  if (definition === null) words.push('The definition could not be read, so it is not in it.')
  const children = new Set(visits.flatMap(({ childArn }) => childArn ?? [])).size
  const mapRuns = new Set(visits.flatMap(({ mapRunArn }) => mapRunArn ?? [])).size
  if (children > 0) words.push(children === 1 ? 'The execution that it started is a file of its own: export it from its page.' : `The ${children.toLocaleString('en')} executions that it started are files of their own: export them from their pages.`)
  if (mapRuns > 0) words.push(children > 0 ? 'So are the executions of its distributed maps.' : 'The executions of its distributed maps are files of their own.')
  for (const gap of gaps) if (!/executions of their own/.test(gap)) words.push(gap)
  return words
}
