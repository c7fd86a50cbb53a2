import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, unreachable } from './problem'
import { useAction } from './use-action'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('something that is done', () => {
  it('is done, and can be done again, in a browser that has closed its storage', async () => {
    vi.stubGlobal('sessionStorage', undefined)
    Object.defineProperty(globalThis, 'sessionStorage', {
      configurable: true,
      get: () => {
        throw new Error('SecurityError')
      },
    })
    const action = useAction('order', async (_body: string, key: string) => key)
    const first = await action.run('a')
    expect(first).toMatch(/^[0-9a-f-]{36}$/)
    expect(action.isRunning.value).toBe(false)
    expect(await action.run('a')).not.toBe(first)
  })

  it('keeps its key until there is an answer, in a browser that has closed its storage', async () => {
    const keys: string[] = []
    const action = useAction('order', async (_body: string, key: string) => {
      keys.push(key)
      throw unreachable()
    })
    for (let press = 0; press < 2; press += 1) {
      const run = action.run('b')
      await vi.runAllTimersAsync()
      await run
    }
    expect(keys.length).toBeGreaterThan(2)
    expect(new Set(keys).size).toBe(1)
  })

  it('says what went wrong, and can be pressed again, when it could not even begin', async () => {
    const action = useAction('order', async (_body: bigint) => undefined)
    await action.run(1n)
    expect(action.problem.value?.code).toBe('PageDefect')
    expect(action.isRunning.value).toBe(false)
  })

  it('says of what got no answer that it may have been done, and promises no tries that are not made', async () => {
    for (const thrown of [unreachable(), new Problem('Busy', 'Busy.', 'Unexplained', 503, 'unknown', true)]) {
      const action = useAction('order', async (_body: string) => {
        throw thrown
      })
      const run = action.run(thrown.code)
      await vi.runAllTimersAsync()
      await run
      expect(action.problem.value?.detail).toMatch(/may have been done or not.*Press again.*never done twice/)
      expect(action.problem.value?.detail).not.toMatch(/by itself/)
      expect(action.problem.value?.certainty).toBe('unknown')
    }
  })

  it('leaves the words of a refusal as the API said them', async () => {
    const refusal = new Problem('Sold', 'It is sold.', 'TicketSold', 409, 'refused', false)
    const action = useAction('order', async (_body: string) => {
      throw refusal
    })
    await action.run('c')
    expect(action.problem.value).toBe(refusal)
  })
})
