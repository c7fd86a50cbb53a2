/** An execution as its page shows it, wherever it is from: an account, or a file. */
import { isObject, textOf, type Json } from '../chart/json'
import { isProblem, readChart } from '../chart/read-chart'
import { seenChart } from '../run/seen-chart'
import type { Chart, Run } from '../types'
import { machineNameOf } from './calls'

/** What an execution is, besides what its history tells. */
export interface About {
  readonly arn: string | null
  readonly name: string
  readonly machineArn: string | null
  readonly machineName: string
  /** What DescribeExecution answered. */
  readonly execution: Json
  /** As AWS has it; `null` if it is not known. */
  readonly definition: unknown
}

/** Puts together what is known of an execution. */
export function aboutOf(execution: Json, machine: Json | null, definition: unknown, fallbackName: string): About {
  const arn = textOf(execution['executionArn'])
  const machineArn = textOf(execution['stateMachineArn']) ?? textOf(machine?.['stateMachineArn'])
  return {
    arn,
    name: textOf(execution['name']) ?? arn?.split(':').at(-1) ?? fallbackName,
    machineArn,
    machineName: textOf(machine?.['name']) ?? (machineArn === null ? (arn?.split(':')[6] ?? 'a machine') : machineNameOf(machineArn)),
    execution,
    definition,
  }
}

/** A definition as a chart; `null` if there is none that can be drawn. */
export function chartOfDefinition(definition: unknown): Chart | null {
  if (definition === null || definition === undefined) return null
  const read = readChart(definition)
  return isProblem(read) ? null : read
}

/** Charts of what histories show, made anew only when more of the machine was seen. */
export class SeenCharts {
  #chart: Chart | undefined
  #seen = ''

  of(run: Run): Chart {
    const seen = `${new Set(run.visits.map(({ place }) => place)).size} ${run.taken.size}`
    if (this.#chart === undefined || seen !== this.#seen) this.#chart = seenChart(run)
    this.#seen = seen
    return this.#chart
  }
}

/** The definition in an answer or a file: JSON text, or what it says. */
export function definitionIn(value: unknown): unknown {
  const definition = isObject(value) && 'definition' in value ? value['definition'] : value
  if (typeof definition !== 'string') return definition ?? null
  try {
    return JSON.parse(definition) as unknown
  } catch {
    return definition
  }
}
