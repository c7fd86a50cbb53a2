/** Events as services tell them, and what everybody asks of them. */
import { isObject, memberOf, textOf, type Json } from '../chart/json'
import type { JsonText, RunEvent } from '../types'

/** What an event is about. */
export type Role =
  | 'execution'
  | 'entered'
  | 'exited'
  /** A step of a Task's work. */
  | 'work'
  /** An expression that failed; it names its state. */
  | 'evaluation'
  /** A Map or Parallel state begins a round of its branches or iterations. */
  | 'started'
  /** A Map or Parallel state is done with its branches or iterations. */
  | 'ended'
  /** A state was taken down because another one failed. It does not say which. */
  | 'aborted'
  | 'iteration'
  | 'mapRun'
  | 'unknown'

const ROLES = new Map<string, Role>()

/** What an event of this type is about. */
export function roleOf(type: string): Role {
  const known = ROLES.get(type)
  if (known !== undefined) return known
  const role = judged(type)
  ROLES.set(type, role)
  return role
}

function judged(type: string): Role {
  if (type === 'EvaluationFailed') return 'evaluation'
  if (/^Execution(Started|Succeeded|Failed|Aborted|TimedOut|Redriven)$/.test(type)) return 'execution'
  if (/^(Pass|Task|Choice|Wait|Succeed|Fail|Parallel|Map)StateEntered$/.test(type)) return 'entered'
  if (/^(Pass|Task|Choice|Wait|Succeed|Parallel|Map)StateExited$/.test(type)) return 'exited'
  if (/^(Task|Wait|Parallel|Map)StateAborted$/.test(type)) return 'aborted'
  if (/^(Map|Parallel)StateStarted$/.test(type)) return 'started'
  if (/^(Map|Parallel)State(Succeeded|Failed)$/.test(type)) return 'ended'
  if (/^MapIteration(Started|Succeeded|Failed|Aborted)$/.test(type)) return 'iteration'
  if (/^MapRun(Started|Succeeded|Failed|Aborted|Redriven)$/.test(type)) return 'mapRun'
  if (/^(Task|LambdaFunction|Activity)(Scheduled|ScheduleFailed|Started|StartFailed|Submitted|SubmitFailed|Succeeded|Failed|TimedOut)$/.test(type)) return 'work'
  return 'unknown'
}

const STATE_TYPES = new Map<string, string>()

/** `Task` of `TaskStateEntered`; empty for what is not of a state. */
export function stateTypeOf(type: string): string {
  const known = STATE_TYPES.get(type)
  if (known !== undefined) return known
  const found = /^([A-Z][a-z]+)State/.exec(type)?.[1] ?? ''
  STATE_TYPES.set(type, found)
  return found
}

/** The member that holds the details of events of this type. */
export function detailsFieldOf(type: string): string {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails'
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails'
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`
}

const FIELDS = new Map<string, string>()
const NOTHING: Json = Object.freeze({})

/** The details of an event; empty if it has none. */
export function detailsOf({ type, raw }: Pick<RunEvent, 'type' | 'raw'>): Json {
  let field = FIELDS.get(type)
  if (field === undefined) FIELDS.set(type, (field = detailsFieldOf(type)))
  const details = raw[field]
  return isObject(details) ? details : NOTHING
}

/** An event in AWS's shape; `null` if it is none. */
export function eventOf(raw: unknown): RunEvent | null {
  if (!isObject(raw)) return null
  const id = Number(raw['id'])
  const type = raw['type']
  if (typeof type !== 'string' || !Number.isSafeInteger(id) || id < 1) return null
  const previousId = Number(raw['previousEventId'] ?? 0)
  return { id, previousId: Number.isSafeInteger(previousId) ? previousId : 0, atMs: msOf(raw['timestamp']) ?? NaN, type, visit: null, raw }
}

/** A moment as milliseconds since 1970: of seconds with a fraction (the API), milliseconds as text (logs), RFC 3339, or a Date. */
export function msOf(moment: unknown): number | null {
  if (typeof moment === 'number') return Number.isFinite(moment) ? Math.round(moment * 1000) : null
  if (moment instanceof Date) return moment.getTime()
  if (typeof moment !== 'string' || moment === '') return null
  if (/^\d{12,}$/.test(moment)) return Number(moment)
  if (/^\d+(\.\d+)?$/.test(moment)) return Math.round(Number(moment) * 1000)
  const ms = Date.parse(moment)
  return Number.isNaN(ms) ? null : ms
}

/** JSON text as it is in an event. Some tools write the value itself. */
export function jsonTextOf(value: unknown): JsonText {
  if (value === undefined || value === null || value === '') return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The error that an event tells of. */
export function errorOf(details: Json): { readonly error: string | null; readonly cause: string | null } {
  return { error: textOf(details['error']), cause: jsonTextOf(details['cause']) }
}

/** Whether the payloads of an event were cut. */
export function isCut(details: Json): boolean {
  return memberOf(details['inputDetails'], 'truncated') === true || memberOf(details['outputDetails'], 'truncated') === true
}

/** What is asked, as events name it: `sqs:sendMessage.waitForTaskToken`; the ARN of a function or activity. */
export function resourceOf(details: Json): string {
  const resource = textOf(details['resource']) ?? ''
  const service = textOf(details['resourceType'])
  return service === null ? resource : `${service}:${resource}`
}
