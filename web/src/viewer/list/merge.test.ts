import { describe, expect, it } from 'vitest'
import type { ExecutionRow } from '../source/calls'
import { extended, refreshed } from './merge'

function row(name: string, startedMs: number, endedMs: number | null = null): ExecutionRow {
  const status = endedMs === null ? 'RUNNING' : 'SUCCEEDED'
  return { arn: `arn:${name}`, name, machineArn: 'm', machineName: 'm', status, startedMs, endedMs, redrivenMs: null, redrives: 0, error: null, cause: null, failedState: null }
}
const names = (rows: readonly ExecutionRow[]) => rows.map(({ name }) => name).join(' ')

describe('a list of executions', () => {
  it('has each once, however pages overlap', () => {
    expect(names(extended([row('c', 3), row('b', 2)], [row('b', 2), row('a', 1)]))).toBe('c b a')
  })

  it('shows what is new on top and keeps what was further down', () => {
    const known = [row('d', 4), row('c', 3), row('b', 2), row('a', 1)]
    expect(names(refreshed(known, { rows: [row('e', 5), row('d', 4), row('c', 3)], next: 'more' }))).toBe('e d c b a')
  })

  it('shows what ended where it belongs now, once', () => {
    const known = [row('d', 4), row('c', 3), row('b', 2), row('a', 1)]
    const fresh = refreshed(known, { rows: [row('a', 1, 9), row('d', 4), row('c', 3)], next: 'more' })
    expect(names(fresh)).toBe('a d c b')
    expect(fresh[0]?.status).toBe('SUCCEEDED')
  })

  it('lets go what belongs to it no longer', () => {
    // Of running ones, `c` has ended.
    const known = [row('d', 4), row('c', 3), row('b', 2), row('a', 1)]
    expect(names(refreshed(known, { rows: [row('d', 4), row('b', 2)], next: 'more' }))).toBe('d b a')
    expect(names(refreshed(known, { rows: [row('d', 4)], next: undefined }))).toBe('d')
  })

  it('lets nothing go for a page that found nothing yet', () => {
    expect(names(refreshed([row('a', 1)], { rows: [], next: 'more' }))).toBe('a')
  })
})
