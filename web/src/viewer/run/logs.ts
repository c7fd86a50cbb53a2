/**
 * The history of an Express execution, from the lines that it wrote to CloudWatch Logs: AWS keeps it nowhere else. A line is
 * an event by other names; the log's level and settings decide what is in it.
 */
import { isObject, memberOf, textOf, type Json } from '../chart/json'
import { detailsFieldOf } from './event'

/** What a log tells of one execution. */
export interface Logged {
  /** In AWS's shape of events, each once, in order. */
  readonly events: Json[]
  readonly executionArn: string | null
  /** What the log does not tell, in words. */
  readonly gaps: string[]
}

/**
 * @param lines JSON text, or what FilterLogEvents answers (`{ message }`), or the parsed lines
 * @param executionArn whose events are wanted; without it, those of the first execution that is found
 */
export function readLogs(lines: readonly unknown[], executionArn: string | null = null): Logged {
  const events = new Map<number, Json>()
  let whose = executionArn
  let unreadable = 0
  const others = new Set<string>()
  for (const line of lines) {
    const logged = parsed(line)
    const id = Number(logged?.['id'])
    const type = textOf(logged?.['type'])
    if (logged === null || type === null || !Number.isSafeInteger(id)) {
      unreadable += 1
      continue
    }
    const arn = textOf(logged['execution_arn'])
    whose ??= arn
    if (arn !== whose) {
      if (arn !== null) others.add(arn)
      continue
    }
    events.set(id, {
      id,
      previousEventId: Number(logged['previous_event_id'] ?? 0),
      timestamp: logged['event_timestamp'],
      type,
      ...(isObject(logged['details']) && Object.keys(logged['details']).length > 0 ? { [detailsFieldOf(type)]: logged['details'] } : {}),
    })
  }
  const all = [...events.values()].sort((one, other) => Number(one['id']) - Number(other['id']))
  return { events: all, executionArn: whose, gaps: gapsOf(all, unreadable, executionArn === null ? others.size : 0) }
}

/** Whether something looks like a line of such a log. */
export function isLogLine(value: unknown): boolean {
  const logged = parsed(value)
  return logged !== null && textOf(logged['type']) !== null && logged['previous_event_id'] !== undefined
}

function gapsOf(events: readonly Json[], unreadable: number, others: number): string[] {
  const gaps = ['This history is read from a log, which may be late or keep less than the service knew.']
  const last = Number(events.at(-1)?.['id'] ?? 0)
  if (events.length === 0) gaps.push('The log has no events of this execution. Its level may be OFF, or keep errors only.')
  else if (events.length < last) gaps.push(`The log has ${events.length} of at least ${last} events: its level keeps only some, or lines have not arrived.`)
  if (unreadable > 0) gaps.push(unreadable === 1 ? 'One line of the log could not be read.' : `${unreadable} lines of the log could not be read.`)
  if (others > 0) gaps.push(`The log also has events of ${others === 1 ? 'another execution' : `${others} other executions`}, which are left out.`)
  return gaps
}

function parsed(line: unknown): Json | null {
  const message = isObject(line) && line['type'] === undefined ? memberOf(line, 'message') : line
  if (isObject(message)) return message
  if (typeof message !== 'string') return null
  try {
    const value: unknown = JSON.parse(message)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}
