import { effectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { serverClock } from '../../clock/server-clock'
import type { ExecutionRow, ExecutionsPage } from '../source/calls'
import type { AskedFilters } from './filters'
import { NO_FILTERS } from './filters'
import { useExecutions } from './use-executions'

const account = vi.hoisted(() => ({ page: (_asked: unknown, _cursor: string | undefined): unknown => undefined }))
vi.mock('../source/calls', () => ({
  readExecutions: async (asked: AskedFilters, cursor: string | undefined) => account.page(asked, cursor),
  readCounts: async () => ({ counts: {}, isWhole: true }),
}))

const HOUR_MS = 3_600_000
const page = (rows: readonly ExecutionRow[], next?: string): ExecutionsPage => ({ rows, lookedAt: rows.length, next, notes: [] })
const settle = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener: () => {}, removeEventListener: () => {} })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

function row(name: string, startedMs: number): ExecutionRow {
  return { arn: name, name, machineArn: 'm', machineName: 'm', status: 'RUNNING', startedMs, endedMs: null, redrivenMs: null, redrives: 0, error: null, cause: null, failedState: null }
}

it('goes on below the fresh page, when more has changed than one page tells', async () => {
  const cursors: (string | undefined)[] = []
  const answers = [page([row('b', 2), row('a', 1)], 'one'), page([], 'one'), page([], 'one'), page([], 'one'), page([row('y', 9), row('x', 8)], 'two')]
  account.page = (_asked, cursor) => {
    cursors.push(cursor)
    return answers.shift() ?? page([])
  }
  const scope = effectScope()
  const list = scope.run(() => useExecutions(() => NO_FILTERS))
  await settle()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(list?.rows.value?.map(({ name }) => name)).toEqual(['y', 'x'])
  await list?.more()
  scope.stop()
  expect(cursors.slice(5)).toEqual(['two'])
})

describe('the executions of the last hour', () => {
  it('are those of the hour before what the server’s clock shows', async () => {
    const asked: AskedFilters[] = []
    account.page = (of) => {
      asked.push(of as AskedFilters)
      return page([])
    }
    const aheadMs = Date.now() + 24 * HOUR_MS
    vi.spyOn(serverClock, 'knownMs').mockReturnValue(aheadMs)
    const scope = effectScope()
    scope.run(() => useExecutions(() => ({ ...NO_FILTERS, since: 'hour' })))
    await settle()
    await vi.advanceTimersByTimeAsync(10_000)
    scope.stop()
    expect(asked.map(({ from }) => from)).toEqual([aheadMs - HOUR_MS, aheadMs - HOUR_MS])
  })
})
