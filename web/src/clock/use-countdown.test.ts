import { effectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { serverClock } from './server-clock'
import { useCountdown } from './use-countdown'

const get = vi.hoisted(() => vi.fn())
vi.mock('../api/client', () => ({ api: { GET: get } }))

/** The shop says what time it is. */
function answer(serverMs: number): void {
  const ownMs = performance.now()
  serverClock.learn({ serverEarliestMs: serverMs, serverLatestMs: serverMs + 1, sentMs: ownMs, receivedMs: ownMs })
}

beforeEach(() => {
  vi.useFakeTimers()
  get.mockReset()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a countdown', () => {
  it('shows no figure and is not over after a sleep, until the shop was asked and has answered', async () => {
    const beganMs = Date.now()
    answer(beganMs)
    const until = new Date(beganMs + 60_000).toISOString()
    const scope = effectScope()
    const left = scope.run(() => useCountdown(() => until))
    if (left === undefined) throw new Error('no scope')
    expect([left.isKnown.value, left.leftMs.value, left.isOver.value]).toEqual([true, 59_999, false])

    // Only the wall clock goes on in a sleep.
    vi.setSystemTime(beganMs + 600_000)
    get.mockRejectedValueOnce(new Error('no network yet'))
    await vi.advanceTimersByTimeAsync(200)
    expect([left.isKnown.value, left.isOver.value]).toEqual([false, false])
    await vi.advanceTimersByTimeAsync(1_000)
    expect(get).toHaveBeenCalledTimes(1)
    get.mockImplementationOnce(() => {
      answer(beganMs + 602_000)
      return Promise.resolve({})
    })
    await vi.advanceTimersByTimeAsync(1_500)
    expect(get).toHaveBeenCalledTimes(2)
    expect([left.isKnown.value, left.isOver.value]).toEqual([true, true])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(get).toHaveBeenCalledTimes(2)
    scope.stop()
  })
})
