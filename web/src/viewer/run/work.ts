/** What the events of a Task's work, and of a distributed map's run, say of a visit. */
import { textOf } from '../chart/json'
import type { RunEvent } from '../types'
import { detailsOf, errorOf, jsonTextOf } from './event'
import { attemptEnded, began, type Node } from './tree'

/** Takes one event of a visit's work. */
export function work(node: Node, event: RunEvent): void {
  const { visit } = node
  const details = detailsOf(event)
  const step = /(ScheduleFailed|StartFailed|SubmitFailed|Scheduled|Started|Submitted|Succeeded|Failed|TimedOut|Aborted|Redriven)$/.exec(event.type)?.[1]
  const isRun = event.type.startsWith('MapRun')
  switch (step) {
    case 'Scheduled':
      began(node, event.atMs, jsonTextOf(details['parameters']) ?? jsonTextOf(details['input']))
      visit.fate = event.type.startsWith('Activity') ? 'waiting' : 'running'
      break
    case 'Started':
    case 'Redriven':
      if (isRun) visit.mapRunArn = textOf(details['mapRunArn']) ?? visit.mapRunArn
      visit.fate = 'running'
      break
    case 'Submitted':
      visit.fate = 'waiting'
      noteChild(node, details)
      break
    case 'Succeeded': {
      noteChild(node, details)
      const attempt = visit.attempts.at(-1)
      if (attempt !== undefined && !isRun) attempt.answered = jsonTextOf(details['output'])
      if (!isRun) attemptEnded(node, event.atMs, 'succeeded')
      visit.fate = 'running'
      break
    }
    default: {
      const { error, cause } = errorOf(details)
      const isTimeOut = step === 'TimedOut'
      visit.error = error ?? (isTimeOut ? 'States.Timeout' : null)
      visit.cause = cause
      attemptEnded(node, event.atMs, isTimeOut ? 'timedOut' : step === 'Aborted' ? 'aborted' : 'failed', visit.error, cause)
      node.hasFailed = true
      // It waits for its next try, or something ends it at once.
      if (!isRun) visit.fate = 'waiting'
    }
  }
}

/** The execution that a task started, from what the service answered. */
function noteChild(node: Node, details: Record<string, unknown>): void {
  if (!/^start(Sync)?Execution/.test(String(details['resource'] ?? ''))) return
  const arn = /"[Ee]xecutionArn"\s*:\s*"(arn:[^"]+)"/.exec(jsonTextOf(details['output']) ?? '')?.[1]
  if (arn !== undefined) node.visit.childArn = arn
}
