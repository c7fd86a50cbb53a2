/** Histories in files: exported by this viewer, answered by the `aws` command, or lines of a log. */
import { isObject, listOf, type Json } from '../chart/json'
import { isLogLine, readLogs } from './logs'

/** What an exported history calls itself. */
export const FORMAT = 'holdfast-execution-1'

/** A history that was opened. */
export interface Opened {
  readonly events: unknown[]
  /** What DescribeExecution answered; `null` if the file does not have it. */
  readonly execution: Json | null
  /** Without it the graph shows what the history shows. */
  readonly definition: unknown
  readonly exportedAt: unknown
  /** What the file does not tell, in words. */
  readonly gaps: string[]
}

/** @returns the history, or what is wrong with the file, as a sentence */
export function openHistory(text: string): Opened | { readonly problem: string } {
  const value = parsed(text)
  if (value === undefined) return { problem: 'This file is not JSON. An exported history, or what `aws stepfunctions get-execution-history` prints, can be opened.' }
  const list = Array.isArray(value) ? value : isObject(value) && Array.isArray(value['events']) ? value['events'] : null
  if (list === null) return { problem: 'This file has no events. An exported history, or what `aws stepfunctions get-execution-history` prints, can be opened.' }
  if (list.length === 0) return { problem: 'The history in this file is empty.' }
  const about = isObject(value) ? value : {}
  const format = about['format']
  if (typeof format === 'string' && format !== FORMAT) return { problem: `This file is of the format ${format}; ${FORMAT} can be opened.` }
  const execution = isObject(about['execution']) ? about['execution'] : null
  const definition = about['definition'] ?? null
  const exportedAt = about['exportedAt'] ?? null
  if (list.some(isLogLine)) {
    const { events, gaps } = readLogs(list)
    return { events, execution, definition, exportedAt, gaps }
  }
  if (!list.some((event) => isObject(event) && typeof event['type'] === 'string')) return { problem: 'What this file lists are not events of an execution.' }
  const told = listOf(about['gaps']).filter((gap) => typeof gap === 'string')
  const gaps = typeof about['nextToken'] === 'string' || typeof about['NextToken'] === 'string' ? ['This file has the first page of the history only.'] : told
  return { events: list, execution, definition, exportedAt, gaps }
}

/** JSON, or JSON in lines; `undefined` if it is neither. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    return lines.length > 0 && lines.some(isLogLine) ? lines : undefined
  }
}
