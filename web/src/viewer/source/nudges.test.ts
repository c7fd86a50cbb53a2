import { computed, createApp, effectScope, nextTick, ref } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ASKED, askedOf, useLooks, type Nudged } from './nudges'

const PAUSES = { told: 15_000, local: 4_000, remote: 10_000, apart: { local: 1_000, remote: 5_000 } }
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** A page of the viewer, in surroundings that nudge it as they are told; it counts its looks. */
function page({ isLocal = true, features = ['live'], about = '' } = {}) {
  const isConnected = ref(false)
  const listeners = new Set<Nudged>()
  const state = { looks: 0, isHurried: false }
  const nudges = {
    isConnected,
    listen: (nudged: Nudged) => {
      listeners.add(nudged)
      return () => listeners.delete(nudged)
    },
  }
  const app = createApp({})
  app.provide(
    ASKED,
    computed(() => askedOf({ isLocal, features }, nudges)),
  )
  const scope = effectScope()
  const look = async () => {
    state.looks += 1
  }
  const plan = { isGoingOn: () => true, look, isHurried: () => state.isHurried }
  const freshness = app.runWithContext(() => scope.run(() => useLooks(PAUSES, plan, (subject) => about.includes(subject))))
  const nudge: Nudged = (subject) => {
    for (const listener of listeners) listener(subject)
  }
  const looksIn = async (ms: number) => {
    const before = state.looks
    await pass(ms)
    return state.looks - before
  }
  return { isConnected, listeners, state, scope, freshness, nudge, looksIn }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener: () => {}, removeEventListener: () => {} })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('how often the viewer looks', () => {
  it('is often at an engine on this machine, and seldom at AWS', async () => {
    const local = page({ features: [] })
    expect(local.freshness?.value).toEqual({ isLive: false, everyMs: 4_000 })
    expect(await local.looksIn(20_500)).toBe(5)
    const remote = page({ features: [], isLocal: false })
    expect(await remote.looksIn(20_500)).toBe(2)
  })

  it('is less while nudges come, and what it was as soon as they do not', async () => {
    const { isConnected, freshness, looksIn } = page()
    isConnected.value = true
    await nextTick()
    expect(freshness?.value).toEqual({ isLive: true, everyMs: 15_000 })
    expect(await looksIn(30_500)).toBe(2)
    isConnected.value = false
    await nextTick()
    expect(freshness?.value).toEqual({ isLive: false, everyMs: 4_000 })
    // The last look was half a second ago.
    expect(await looksIn(4_000)).toBe(1)
    expect(await looksIn(8_000)).toBe(2)
  })

  it('looks at once when it is nudged, less densely at AWS', async () => {
    for (const [isLocal, looks] of [
      [true, 10],
      [false, 2],
    ] as const) {
      const { isConnected, nudge, looksIn } = page({ isLocal })
      isConnected.value = true
      await nextTick()
      let looked = 0
      for (let told = 0; told < 100; told += 1) {
        nudge(null)
        looked += await looksIn(100)
      }
      expect(looked).toBe(looks)
    }
  })

  it('is nudged by what it shows, and not by what it does not', async () => {
    const { isConnected, nudge, looksIn } = page({ about: 'execution:order:ord_1' })
    isConnected.value = true
    await nextTick()
    await pass(2_000)
    nudge('ord_2')
    expect(await looksIn(100)).toBe(0)
    nudge('ord_1')
    expect(await looksIn(100)).toBe(1)
    await pass(5_000)
    nudge(null)
    expect(await looksIn(100)).toBe(1)
  })

  it('is not less while something is waited for that no nudge tells of', async () => {
    const { isConnected, state, looksIn } = page()
    isConnected.value = true
    await nextTick()
    await pass(500)
    state.isHurried = true
    await looksIn(16_000)
    expect(await looksIn(8_000)).toBe(2)
  })

  it('listens only where the server tells of changes, and while the page is there', () => {
    expect(page({ features: ['queues'] }).listeners.size).toBe(0)
    const { listeners, scope } = page()
    expect(listeners.size).toBe(1)
    scope.stop()
    expect(listeners.size).toBe(0)
  })
})
