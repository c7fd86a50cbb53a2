/**
 * What a list of executions is narrowed to. It lives in the address, so that a list can be kept, sent to somebody and gone
 * back to; what an address says wrongly is passed over.
 */
import type { LocationQuery, LocationQueryRaw } from 'vue-router'
import type { RunStatus } from '../types'

export const STATUSES: readonly RunStatus[] = ['RUNNING', 'FAILED', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED', 'PENDING_REDRIVE']
/** Those that ended otherwise than they should. */
export const BAD: readonly RunStatus[] = ['FAILED', 'TIMED_OUT', 'ABORTED']

/** Time before now, ms, by the name that it has in the address. */
export const SINCE = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const
export type Since = keyof typeof SINCE

/** What somebody looks for. Empty texts and lists leave everything in. */
export interface Filters {
  /** Machines by name. */
  readonly machines: readonly string[]
  readonly statuses: readonly RunStatus[]
  /** Part of the execution's name, such as an order's id. */
  readonly name: string
  /** Part of the error or of its cause. */
  readonly error: string
  /** The state that failed. */
  readonly state: string
  /** Started within this time before now; goes before `fromMs`. */
  readonly since: Since | null
  readonly fromMs: number | null
  readonly toMs: number | null
  /** Children of this map run, instead of machines. */
  readonly mapRun: string | null
}

export const NO_FILTERS: Filters = { machines: [], statuses: [], name: '', error: '', state: '', since: null, fromMs: null, toMs: null, mapRun: null }

/** The filters that an address has. */
export function filtersOf(query: LocationQuery): Filters {
  const since = text(query, 'since')
  return {
    machines: [...new Set(all(query, 'machine'))],
    statuses: STATUSES.filter((status) => all(query, 'status').includes(status)),
    name: text(query, 'name'),
    error: text(query, 'error'),
    state: text(query, 'state'),
    since: isSince(since) ? since : null,
    fromMs: isSince(since) ? null : momentOf(text(query, 'from')),
    toMs: momentOf(text(query, 'to')),
    mapRun: text(query, 'mapRun') || null,
  }
}

/** The address's query for filters: the same filters always give the same. */
export function queryOf(filters: Filters): LocationQueryRaw {
  const { machines, statuses, name, error, state, since, fromMs, toMs, mapRun } = filters
  return {
    ...(machines.length > 0 && { machine: [...machines].sort() }),
    ...(statuses.length > 0 && { status: STATUSES.filter((status) => statuses.includes(status)) }),
    ...(name.trim() !== '' && { name: name.trim() }),
    ...(error.trim() !== '' && { error: error.trim() }),
    ...(state.trim() !== '' && { state: state.trim() }),
    ...(since !== null && { since }),
    ...(since === null && fromMs !== null && { from: new Date(fromMs).toISOString() }),
    ...(toMs !== null && { to: new Date(toMs).toISOString() }),
    ...(mapRun !== null && { mapRun }),
  }
}

/** Filters as the API is asked. */
export interface AskedFilters {
  machine?: string[]
  status?: string[]
  name?: string
  error?: string
  state?: string
  from?: number
  to?: number
  mapRun?: string
}

/** @param nowMs what a time before now is counted from */
export function askedOf(filters: Filters, nowMs: number): AskedFilters {
  const { machines, statuses, name, error, state, since, fromMs, toMs, mapRun } = filters
  // The server's clock is known to fractions, and the API takes whole milliseconds.
  const from = since === null ? fromMs : Math.floor(nowMs - SINCE[since])
  return {
    ...(machines.length > 0 && mapRun === null && { machine: [...machines] }),
    ...(statuses.length > 0 && { status: [...statuses] }),
    ...(name !== '' && { name }),
    ...(error !== '' && { error }),
    ...(state !== '' && { state }),
    ...(from !== null && { from }),
    ...(toMs !== null && { to: toMs }),
    ...(mapRun !== null && { mapRun }),
  }
}

/** What of the filters also narrows the counts: those by status stand beside the choice of a status, and AWS counts no errors. */
export function countedOf({ machine, name, from, to, mapRun }: AskedFilters): AskedFilters {
  return {
    ...(machine && { machine }),
    ...(name !== undefined && { name }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(mapRun !== undefined && { mapRun }),
  }
}

/** Whether exactly those that ended badly are shown. */
export function isFailedOnly({ statuses }: Filters): boolean {
  return statuses.length === BAD.length && BAD.every((status) => statuses.includes(status))
}

/** All or none of those that ended badly. */
export function withFailedOnly(filters: Filters, isOn: boolean): Filters {
  return { ...filters, statuses: isOn ? [...BAD] : [] }
}

/** With one status more, or one less. */
export function withStatus(filters: Filters, status: RunStatus): Filters {
  const { statuses } = filters
  return { ...filters, statuses: statuses.includes(status) ? statuses.filter((one) => one !== status) : [...statuses, status] }
}

/** Whether anything is narrowed; a map run's list is one of its own. */
export function isNarrowed(filters: Filters): boolean {
  return Object.keys(queryOf({ ...filters, mapRun: null })).length > 0
}

/** What a browser's field of a local time shows and gives: `2026-11-22T03:05`. */
export function localOf(ms: number | null): string {
  if (ms === null) return ''
  const then = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}T${two(then.getHours())}:${two(then.getMinutes())}`
}

/** A moment in the address or in a field, ms since 1970; `null` if it is none. */
export function momentOf(typed: string): number | null {
  const ms = Date.parse(typed)
  return typed === '' || Number.isNaN(ms) ? null : ms
}

function all(query: LocationQuery, name: string): string[] {
  const value = query[name]
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string' && one !== '')
}

function text(query: LocationQuery, name: string): string {
  return all(query, name)[0]?.trim() ?? ''
}

function isSince(value: string): value is Since {
  return Object.hasOwn(SINCE, value)
}
