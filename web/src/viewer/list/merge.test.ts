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
    expect(names(refreshed(known, { rows: [row('e', 5), row('d', 4), row('c', 3)], next: 'more' }, 4).rows)).toBe('e d c b a')
  })

  it('shows what ended where it belongs now, once', () => {
    const known = [row('d', 4), row('c', 3), row('b', 2), row('a', 1)]
    const fresh = refreshed(known, { rows: [row('a', 1, 9), row('d', 4), row('c', 3)], next: 'more' }, 4).rows
    expect(names(fresh)).toBe('a d c b')
    expect(fresh[0]?.status).toBe('SUCCEEDED')
  })

  it('lets go what belongs to it no longer', () => {
    // Of running ones, `c` has ended.
    const known = [row('d', 4), row('c', 3), row('b', 2), row('a', 1)]
    expect(names(refreshed(known, { rows: [row('d', 4), row('b', 2)], next: 'more' }, 4).rows)).toBe('d b a')
    expect(names(refreshed(known, { rows: [row('d', 4)], next: undefined }, 4).rows)).toBe('d')
  })

  it('lets nothing go for a page that found nothing yet', () => {
    expect(names(refreshed([row('a', 1)], { rows: [], next: 'more' }, 4).rows)).toBe('a')
  })

  it('begins anew where nobody knows what lies between the page and the rest', () => {
    const known = [row('d', 4), row('c', 3), row('b', 2), row('a', 1)]
    // `b` has ended meanwhile: that it is known says nothing of the time in between.
    const fresh = refreshed(known, { rows: [row('g', 7), row('b', 2, 6), row('e', 5)], next: 'more' }, 4)
    expect([names(fresh.rows), fresh.isAnew]).toEqual(['g b e', true])
  })

  it('is no longer than what somebody asked for, where the page has as much', () => {
    const fresh = refreshed([row('b', 2), row('a', 1)], { rows: [row('c', 3), row('b', 2)], next: 'more' }, 2)
    expect([names(fresh.rows), fresh.isAnew]).toEqual(['c b', true])
  })

  it('does not grow for ever', () => {
    let known = [row('x2', -1), row('x1', -2), row('x0', -3)]
    let most = 0
    for (let at = 0; at < 1_000; at += 1) {
      known = refreshed(known, { rows: [row(`n${at + 1}`, at + 1), row(`n${at}`, at)], next: 'more' }, 3).rows
      most = Math.max(most, known.length)
    }
    expect(most).toBeLessThan(250)
  })
})
