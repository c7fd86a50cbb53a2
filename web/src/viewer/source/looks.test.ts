import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Looks, type Plan } from './looks'

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** A page that remembers when it looked, in ms since it was opened. */
function page(changes: Partial<Plan> = {}) {
  const openedMs = Date.now()
  const state = { at: [] as number[], everyMs: 15_000, isHidden: false, isGoingOn: true, takesMs: 0 }
  const looks = new Looks({
    everyMs: () => state.everyMs,
    apartMs: () => 1_000,
    isGoingOn: () => state.isGoingOn,
    isHidden: () => state.isHidden,
    look: async () => {
      state.at.push(Date.now() - openedMs)
      if (state.takesMs > 0) await new Promise((done) => setTimeout(done, state.takesMs))
    },
    ...changes,
  })
  return { looks, state }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.setSystemTime(new Date('2026-11-21T12:00:00Z'))
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a page of the viewer', () => {
  it('looks every so often while it is told nothing', async () => {
    const { state } = page()
    await pass(46_000)
    expect(state.at).toEqual([15_000, 30_000, 45_000])
  })

  it('looks at once when it is told something, and once more when that has had time to end', async () => {
    const { looks, state } = page()
    await pass(5_000)
    looks.tell()
    await pass(10_000)
    expect(state.at).toEqual([5_000, 7_000])
    await pass(7_000)
    expect(state.at).toEqual([5_000, 7_000, 22_000])
  })

  it('looks once a second however much it is told, and after the last of it', async () => {
    const { looks, state } = page()
    await pass(5_000)
    for (let told = 0; told < 25; told += 1) {
      looks.tell()
      await pass(100)
    }
    await pass(5_000)
    // Told from 5.0 to 7.4 s.
    expect(state.at).toEqual([5_000, 6_000, 7_000, 8_000, 9_400])
  })

  it('begins no look while one is under way, and looks again for what was told meanwhile', async () => {
    const { looks, state } = page()
    state.takesMs = 3_000
    await pass(5_000)
    looks.tell()
    await pass(500)
    looks.tell()
    await pass(2_400)
    expect(state.at).toEqual([5_000])
    await pass(1_200)
    expect(state.at).toEqual([5_000, 9_000])
    state.takesMs = 0
    await pass(20_000)
    // What was told at 5.5 s had its time before the look at 9 s.
    expect(state.at).toEqual([5_000, 9_000, 27_000])
  })

  it('goes on when a look fails', async () => {
    const { state } = page({
      everyMs: () => 4_000,
      look: () => {
        state.at.push(0)
        return Promise.reject(new Error('nothing answers'))
      },
    })
    const failed = vi.fn()
    process.on('unhandledRejection', failed)
    await pass(13_000)
    expect(state.at).toHaveLength(3)
    vi.useRealTimers()
    await new Promise((done) => setTimeout(done))
    process.off('unhandledRejection', failed)
    expect(failed).not.toHaveBeenCalled()
  })

  it('does not look while nobody sees it, and at once when it is seen and something was told or is due', async () => {
    const { looks, state } = page()
    state.isHidden = true
    looks.tell()
    await pass(60_000)
    expect(state.at).toEqual([])
    state.isHidden = false
    looks.arm()
    await pass(0)
    expect(state.at).toEqual([60_000])
    // Hidden for a moment, and told nothing: nothing is due.
    state.isHidden = true
    looks.arm()
    await pass(1_000)
    state.isHidden = false
    looks.arm()
    await pass(13_000)
    expect(state.at).toEqual([60_000])
    await pass(1_000)
    expect(state.at).toEqual([60_000, 75_000])
  })

  it('keeps what it was told until there is something to look at', async () => {
    const { looks, state } = page()
    state.isGoingOn = false
    await pass(2_000)
    looks.tell()
    await pass(3_500)
    expect(state.at).toEqual([])
    state.isGoingOn = true
    await pass(1_000)
    expect(state.at).toHaveLength(1)
  })

  it('takes a shorter pause as soon as it holds', async () => {
    const { looks, state } = page()
    await pass(9_000)
    state.everyMs = 4_000
    looks.arm()
    await pass(5_000)
    expect(state.at).toEqual([9_000, 13_000])
  })

  it('looks at nothing any more once it was left', async () => {
    const { looks, state } = page()
    looks.stop()
    looks.tell()
    looks.arm()
    await pass(60_000)
    expect(state.at).toEqual([])
  })

  it('looks at nothing any more when it was left during a look', async () => {
    const { looks, state } = page()
    state.takesMs = 2_000
    await pass(16_000)
    looks.stop()
    await pass(60_000)
    expect(state.at).toEqual([15_000])
  })
})
