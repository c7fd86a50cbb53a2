import { describe, expect, it } from 'vitest'
import { askedOf, BAD, countedOf, filtersOf, isFailedOnly, isNarrowed, localOf, momentOf, NO_FILTERS, queryOf, withFailedOnly, withStatus, type Filters } from './filters'

const FULL: Filters = {
  machines: ['order', 'refund-order'],
  statuses: ['FAILED', 'TIMED_OUT'],
  name: 'ord_1',
  error: 'Card declined',
  state: 'Charge',
  since: null,
  fromMs: Date.parse('2026-11-22T03:00:00Z'),
  toMs: Date.parse('2026-11-22T04:00:00Z'),
  mapRun: null,
}
/** What a browser makes of it, and back. */
const through = (filters: Filters): Filters => filtersOf(JSON.parse(JSON.stringify(queryOf(filters))) as Record<string, string | string[]>)

describe('filters in the address', () => {
  it('come back as they went in', () => {
    expect(through(FULL)).toEqual(FULL)
    expect(through({ ...NO_FILTERS, since: 'day', mapRun: 'arn:aws:states:x:1:mapRun:m/l:u' })).toEqual({ ...NO_FILTERS, since: 'day', mapRun: 'arn:aws:states:x:1:mapRun:m/l:u' })
    expect(queryOf(NO_FILTERS)).toEqual({})
  })

  it('are the same address whatever the order they were set in', () => {
    const other = { ...FULL, machines: ['refund-order', 'order'], statuses: ['TIMED_OUT', 'FAILED'] as const }
    expect(queryOf(other)).toEqual(queryOf(FULL))
  })

  it('pass over what an address says wrongly', () => {
    const odd = filtersOf({ status: ['FAILED', 'BROKEN', null], since: 'century', from: 'yesterday', name: '  ', machine: 'order' })
    expect(odd).toEqual({ ...NO_FILTERS, statuses: ['FAILED'], machines: ['order'] })
    expect(filtersOf({ since: 'constructor' }).since).toBeNull()
  })

  it('count a time before now from when it is asked', () => {
    expect(askedOf({ ...NO_FILTERS, since: 'hour' }, 10_000_000)).toEqual({ from: 6_400_000 })
    expect(askedOf({ ...NO_FILTERS, since: 'hour' }, 10_000_000.4001)).toEqual({ from: 6_400_000 })
    expect(askedOf(FULL, 0)).toMatchObject({ machine: ['order', 'refund-order'], from: FULL.fromMs, to: FULL.toMs, status: ['FAILED', 'TIMED_OUT'] })
  })

  it('ask for no machine where a map run is asked for', () => {
    expect(askedOf({ ...NO_FILTERS, machines: ['order'], mapRun: 'arn:run' }, 0)).toEqual({ mapRun: 'arn:run' })
  })
})

describe('a click on a filter', () => {
  it('shows only what failed, and everything again', () => {
    const failed = withFailedOnly(NO_FILTERS, true)
    expect(failed.statuses).toEqual(BAD)
    expect(isFailedOnly(failed)).toBe(true)
    expect(isFailedOnly(withStatus(failed, 'RUNNING'))).toBe(false)
    expect(withFailedOnly(failed, false)).toEqual(NO_FILTERS)
  })

  it('takes a status in or out', () => {
    const one = withStatus(NO_FILTERS, 'RUNNING')
    expect(one.statuses).toEqual(['RUNNING'])
    expect(withStatus(one, 'RUNNING')).toEqual(NO_FILTERS)
    expect([isNarrowed(one), isNarrowed({ ...NO_FILTERS, mapRun: 'arn:run' })]).toEqual([true, false])
  })

  it('shows moments in the time of whoever looks', () => {
    const ms = Date.parse('2026-11-22T03:05:00Z')
    expect(momentOf(localOf(ms))).toBe(ms)
    expect([localOf(null), momentOf(''), momentOf('soon')]).toEqual(['', null, null])
  })
})

it('counts what the list is narrowed to, by all that can be counted', () => {
  const { machine, name, from, to } = askedOf(FULL, 0)
  expect(countedOf(askedOf(FULL, 0))).toEqual({ machine, name, from, to })
  expect(countedOf({})).toEqual({})
})
