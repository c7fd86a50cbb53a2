/** What a redrive does: which states run again, what they asked before, and what is kept as it is. */
import { callOf, callWords } from '../chart/call'
import { nameOf } from '../chart/place'
import type { Chart, Fate, Place, Run, Visit } from '../types'

/** A state that runs again. */
export interface AgainRow {
  readonly visit: number
  readonly place: Place
  readonly name: string
  /** Which iteration of each Map around it, from 0. */
  readonly iterations: readonly number[]
  readonly fate: Fate
  readonly error: string | null
  /** Whom it asks, in words; `null` if it asks nobody. */
  readonly asks: string | null
  /** How often it has asked before. */
  readonly tries: number
  /** `kept`: nothing outside is asked. `safe`: it never asked. `twice`: it asked, and nobody can see here whether it was done. */
  readonly protection: 'kept' | 'safe' | 'twice'
}

export interface RedrivePreview {
  readonly again: readonly AgainRow[]
  /** Visits that succeeded or were caught, and are not repeated. */
  readonly keptCount: number
  /** Whether map runs are among what goes on: their failed items run again too. */
  readonly hasMapRun: boolean
}

const BAD: readonly Fate[] = ['failed', 'timedOut', 'aborted']

export function redrivePreview(run: Run, chart: Chart): RedrivePreview {
  const byId = new Map(run.visits.map((visit) => [visit.id, visit]))
  const newest = new Map<string, Visit>()
  for (const visit of run.visits) newest.set(`${visit.place}\n${visit.iterations.join()}`, visit)
  const isBad = (visit: Visit): boolean => {
    for (let at: Visit | undefined = visit; at !== undefined; at = at.parent === null ? undefined : byId.get(at.parent)) {
      if (!BAD.includes(at.fate) || newest.get(`${at.place}\n${at.iterations.join()}`) !== at) return false
    }
    return true
  }
  const bad = run.visits.filter(isBad)
  const around = new Set(bad.map(({ parent }) => parent))
  const last = bad.filter(({ id }) => !around.has(id))
  return {
    again: last.map((visit) => rowOf(visit, chart)),
    keptCount: run.visits.filter(({ fate }) => fate === 'succeeded' || fate === 'caught').length,
    hasMapRun: last.some(({ mapRunArn }) => mapRunArn !== null),
  }
}

function rowOf(visit: Visit, chart: Chart): AgainRow {
  const state = chart.states.get(visit.place)
  const call = state?.type === 'Task' ? callOf(state.definition) : null
  const asks = call === null ? (state?.type === 'Task' ? 'somebody' : null) : callWords(call)
  const tries = visit.attempts.length
  return {
    visit: visit.id,
    place: visit.place,
    name: state?.name ?? nameOf(visit.place),
    iterations: visit.iterations,
    fate: visit.fate,
    error: visit.error,
    asks,
    tries,
    protection: asks === null && visit.mapRunArn === null ? 'kept' : tries === 0 && visit.mapRunArn === null ? 'safe' : 'twice',
  }
}

/** What protects somebody from a state that runs again, as a sentence. */
export function protectionWords({ protection, asks, tries }: AgainRow): string {
  switch (protection) {
    case 'kept':
      return 'It asks nobody, so doing it again changes nothing outside.'
    case 'safe':
      return `It had not asked ${asks} yet.`
    case 'twice':
      return asks === null
        ? 'Items that succeeded are kept; those that failed run again from their beginning.'
        : `It asked ${asks} ${tries === 1 ? 'once' : `${tries} times`}, and is asked again with the same input: whoever is asked must notice what was done already.`
  }
}

/** Express executions are neither stopped nor redriven. */
export function isExpress(arn: string | null): boolean {
  return arn?.split(':')[5] === 'express'
}

/** Why an execution cannot be redriven, as a sentence; `null` if it can, as far as is known. */
export function notRedrivable(arn: string | null, status: Run['status'], described: Readonly<Record<string, unknown>>): string | null {
  if (status === 'RUNNING') return 'It still runs.'
  if (status === 'SUCCEEDED') return 'It succeeded, so there is nothing to go on with.'
  if (status === 'PENDING_REDRIVE') return 'It is about to be redriven already.'
  if (isExpress(arn)) return 'It is an Express execution, and Step Functions redrives none of them.'
  const said = described['redriveStatus']
  const reason = described['redriveStatusReason']
  if (said === 'NOT_REDRIVABLE') return typeof reason === 'string' && reason !== '' ? reason : 'The service does not redrive it.'
  if (said === 'REDRIVABLE_BY_MAP_RUN') return 'It is one item of a map run: redrive the execution that started it.'
  return null
}
