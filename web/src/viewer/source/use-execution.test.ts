import { effectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, unreachable } from '../../api/problem'
import { useExecution } from './use-execution'

const account = vi.hoisted(() => ({ described: (): unknown => undefined, history: (_where: { cursor?: string; after?: number }): unknown => undefined }))
vi.mock('./calls', () => ({
  readExecution: async () => account.described(),
  readHistory: async (_arn: string, where: { cursor?: string; after?: number }) => account.history(where),
}))

const RUNNING = { execution: { status: 'RUNNING', startDate: '2026-11-22T03:00:00Z', input: '{}' }, machine: null }
const event = (id: number) => ({ id, type: id === 1 ? 'ExecutionStarted' : 'PassStateEntered', timestamp: '2026-11-22T03:00:00Z', previousEventId: id - 1, stateEnteredEventDetails: { name: 'One' } })
const settle = () => vi.advanceTimersByTimeAsync(0)

function page() {
  const scope = effectScope()
  const shown = scope.run(() => useExecution('arn:aws:states:x:1:execution:m:e'))
  if (shown === undefined) throw new Error('no scope')
  return { shown, leave: () => { scope.stop() } }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener: () => {}, removeEventListener: () => {} })
  account.described = () => RUNNING
  account.history = () => ({ events: [], next: undefined, gaps: [] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('an execution that could not be read', () => {
  it('is read as soon as somebody answers', async () => {
    account.described = () => { throw unreachable() }
    const { shown, leave } = page()
    await settle()
    expect([shown.problem.value?.code, shown.run.value]).toEqual(['Unreachable', undefined])
    account.described = () => RUNNING
    account.history = ({ after }) => ({ events: after === undefined ? [event(1)] : [], next: undefined, gaps: [] })
    await vi.advanceTimersByTimeAsync(5_000)
    leave()
    expect([shown.problem.value, shown.run.value?.events.length]).toEqual([null, 1])
  })

  it('is read on from where it broke', async () => {
    let isThere = false
    account.history = ({ cursor, after }) => {
      if (after !== undefined) return { events: [], next: undefined, gaps: [] }
      if (cursor === undefined) return { events: [event(1)], next: 'two', gaps: [] }
      if (!isThere) throw unreachable()
      return { events: [event(2)], next: undefined, gaps: [] }
    }
    const { shown, leave } = page()
    await settle()
    expect([shown.problem.value?.code, shown.run.value?.events.length]).toEqual(['Unreachable', 1])
    isThere = true
    await vi.advanceTimersByTimeAsync(5_000)
    leave()
    expect([shown.problem.value, shown.isReading.value, shown.run.value?.events.length]).toEqual([null, false, 2])
  })

  it('is not asked for again and again by somebody who is signed out', async () => {
    const { shown, leave } = page()
    await settle()
    let asked = 0
    account.described = () => {
      asked += 1
      throw new Problem('Sign in', 'Sign in.', 'NotSignedIn', 401, 'refused', false)
    }
    await vi.advanceTimersByTimeAsync(60_000)
    leave()
    expect([asked, shown.problem.value?.code]).toEqual([1, 'NotSignedIn'])
  })
})
