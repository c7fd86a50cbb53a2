/**
 * What the pages ask of the operations API. Bodies are AWS's own, so each is looked at before it is believed; a list's row
 * without an ARN is no row.
 */
import { api, ask } from '../../api/client'
import { isObject, listOf, textOf, type Json } from '../chart/json'
import { msOf } from '../run/event'
import { countedOf, type AskedFilters } from '../list/filters'
import { lastNameOf } from '../chart/call'
import type { LogSource } from '../types'

/** A state machine, in a list. */
export interface MachineRow {
  readonly arn: string
  readonly name: string
  readonly isExpress: boolean
}

/** An execution, in a list. */
export interface ExecutionRow {
  readonly arn: string
  readonly name: string
  readonly machineArn: string
  readonly machineName: string
  readonly status: string
  readonly startedMs: number
  /** `null` while it runs. */
  readonly endedMs: number | null
  /** When it was last redriven. */
  readonly redrivenMs: number | null
  readonly redrives: number
  readonly error: string | null
  readonly cause: string | null
  readonly failedState: string | null
}

/** A page of a list of executions. */
export interface ExecutionsPage {
  readonly rows: readonly ExecutionRow[]
  /** How many were looked at for it. */
  readonly lookedAt: number
  readonly next: string | undefined
  /** What could not be looked at, in words. */
  readonly notes: readonly string[]
}

/** Pages of machines that are read at most: a choice of more than this is none. */
const MACHINE_PAGES_MAX = 5

/** All machines, by name. */
export async function readMachines(signal: AbortSignal): Promise<MachineRow[]> {
  const rows: MachineRow[] = []
  let cursor: string | undefined
  for (let page = 0; page < MACHINE_PAGES_MAX; page += 1) {
    const read = await ask(api.GET('/api/ops/machines', { params: { query: cursor === undefined ? {} : { cursor } }, signal }))
    for (const machine of objects(read.machines)) {
      const arn = textOf(machine['stateMachineArn'])
      if (arn !== null) rows.push({ arn, name: textOf(machine['name']) ?? arn, isExpress: machine['type'] === 'EXPRESS' })
    }
    cursor = read.nextCursor ?? undefined
    if (cursor === undefined) break
  }
  return rows.sort((one, other) => one.name.localeCompare(other.name))
}

/** A page of executions. */
export async function readExecutions(asked: AskedFilters, cursor: string | undefined, signal: AbortSignal, limit = 25): Promise<ExecutionsPage> {
  const query = { ...asked, limit, ...(cursor === undefined ? {} : { cursor }) }
  const page = await ask(api.GET('/api/ops/executions', { params: { query }, signal }))
  return {
    rows: objects(page.executions).flatMap((row) => rowOf(row) ?? []),
    lookedAt: page.lookedAt,
    next: page.nextCursor ?? undefined,
    notes: page.notes,
  }
}

/** How many there are of each status. */
export async function readCounts(asked: AskedFilters, signal: AbortSignal) {
  const query = countedOf(asked)
  return await ask(api.GET('/api/ops/executions/counts', { params: { query }, signal }))
}

/** An execution as it is described, with the definition that it runs. */
export interface DescribedExecution {
  readonly execution: Json
  /** `null` where it may not be read. */
  readonly machine: Json | null
}

export async function readExecution(arn: string, signal: AbortSignal): Promise<DescribedExecution> {
  const read = await ask(api.GET('/api/ops/execution', { params: { query: { arn } }, signal }))
  return { execution: read.execution, machine: isObject(read.machine) ? read.machine : null }
}

/** A page of a history. */
export interface HistoryPage {
  readonly events: readonly unknown[]
  readonly next: string | undefined
  readonly gaps: readonly string[]
}

/** @param where a cursor goes on with a page; `after` asks for what came after an event */
export async function readHistory(arn: string, where: { cursor?: string; after?: number }, signal: AbortSignal): Promise<HistoryPage> {
  const read = await ask(api.GET('/api/ops/execution/history', { params: { query: { arn, ...where } }, signal }))
  return { events: read.events, next: read.nextCursor ?? undefined, gaps: read.gaps }
}

/** A map run, as it is described. */
export async function readMapRun(arn: string, signal: AbortSignal): Promise<Json> {
  return await ask(api.GET('/api/ops/map-run', { params: { query: { arn } }, signal }))
}

/** The logs of an execution. */
export function logsOf(arn: string): LogSource {
  return {
    logs: async (fn, fromMs, toMs, text, cursor) => {
      const query = { arn, from: Math.floor(fromMs), to: Math.ceil(toMs), ...(fn !== null && { function: fn }), ...(text ? { text } : {}), ...(cursor === undefined ? {} : { cursor }) }
      const read = await ask(api.GET('/api/ops/execution/logs', { params: { query } }))
      return {
        lines: read.lines.map((line) => ({ atMs: line.at, function: line.function, text: line.text, requestId: line.requestId ?? null })),
        missing: read.missing ?? null,
        next: read.nextCursor ?? null,
      }
    },
  }
}

/** Ends an execution. */
export async function stopExecution({ arn, error, cause }: { arn: string; error: string; cause: string }): Promise<void> {
  const body = { ...(error === '' ? {} : { error }), ...(cause === '' ? {} : { cause }) }
  await ask(api.POST('/api/ops/execution/stop', { params: { query: { arn } }, body }))
}

/** Goes on with an execution where it failed: once under one key, however often it is asked. */
export async function redriveExecution({ arn }: { arn: string }, key: string): Promise<void> {
  await ask(api.POST('/api/ops/execution/redrive', { params: { query: { arn }, header: { 'Idempotency-Key': key } } }))
}

/** Begins an execution. @returns its ARN */
export async function startExecution({ machineArn, name, input }: { machineArn: string; name: string; input: string }): Promise<string | null> {
  const started: unknown = await ask(api.POST('/api/ops/executions', { body: { stateMachineArn: machineArn, name, input } }))
  return isObject(started) ? textOf(started['executionArn']) : null
}

function rowOf(row: Json): ExecutionRow | null {
  const arn = textOf(row['executionArn'])
  const startedMs = msOf(row['startDate'])
  if (arn === null || startedMs === null) return null
  const machineArn = textOf(row['stateMachineArn']) ?? ''
  const redrives = row['redriveCount']
  return {
    arn,
    name: textOf(row['name']) ?? lastNameOf(arn) ?? arn,
    machineArn,
    machineName: machineNameOf(machineArn),
    status: textOf(row['status']) ?? '',
    startedMs,
    endedMs: msOf(row['stopDate']),
    redrivenMs: msOf(row['redriveDate']),
    redrives: typeof redrives === 'number' ? redrives : 0,
    error: textOf(row['error']),
    cause: textOf(row['cause']),
    failedState: textOf(row['failedState']),
  }
}

/** The machine's name in its ARN, without a version or alias. */
export function machineNameOf(arn: string): string {
  return arn.split(':')[6] ?? arn
}

/** What a list of a page shows of what an answer says is a list. */
function objects(list: unknown): Json[] {
  return listOf(list).filter(isObject)
}
