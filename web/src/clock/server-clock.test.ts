import { describe, expect, it } from 'vitest'
import { learnFromHeader, ServerClock } from './server-clock'

const NOON_MS = Date.parse('2026-11-21T12:00:00Z')

/** A server and a page, each with a clock of its own. */
function world(pageIsAheadMs: number) {
  let trueMs = NOON_MS
  let ownMs = 5_000
  let setMs = 0
  const clock = new ServerClock(
    () => ownMs,
    () => trueMs + pageIsAheadMs + setMs,
  )
  return {
    clock,
    pass: (ms: number) => {
      trueMs += ms
      ownMs += ms
    },
    sleep: (ms: number) => {
      trueMs += ms
    },
    /** Somebody sets the computer's clock. */
    set: (ms: number) => {
      setMs += ms
    },
    trueMs: () => trueMs,
    ownMs: () => ownMs,
    /** One request of which `thereMs` pass before the server answers and `backMs` after it. */
    ask(thereMs: number, backMs: number) {
      clock.look()
      const sentMs = ownMs
      this.pass(thereMs)
      const date = new Date(Math.floor(trueMs / 1000) * 1000).toUTCString()
      this.pass(backMs)
      learnFromHeader(clock, date, sentMs, ownMs)
    },
  }
}

describe('the server clock', () => {
  it('believes the browser only until the server has said something', () => {
    const there = world(7 * 60_000)
    expect(there.clock.nowMs()).toBe(NOON_MS + 7 * 60_000)
    there.ask(20, 20)
    expect(Math.abs(there.clock.nowMs() - there.trueMs())).toBeLessThanOrEqual(1_040)
  })

  it('is never behind the server, whatever the way there and back took', () => {
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    for (let round = 0; round < 300; round += 1) {
      const there = world(random(3_600_000) - 1_800_000)
      there.pass(random(1_000))
      for (let asked = 0; asked < 5; asked += 1) {
        there.ask(random(400), random(400))
        there.pass(random(3_000))
        expect(there.clock.nowMs()).toBeGreaterThanOrEqual(there.trueMs())
        expect(there.clock.nowMs() - there.trueMs()).toBeLessThanOrEqual(1_400)
      }
    }
  })

  it('narrows with every answer', () => {
    const there = world(0)
    let before = Number.POSITIVE_INFINITY
    for (let asked = 0; asked < 20; asked += 1) {
      there.ask(30, 30)
      expect(there.clock.uncertaintyMs).toBeLessThanOrEqual(before)
      before = there.clock.uncertaintyMs
      there.pass(137)
    }
    expect(before).toBeLessThan(400)
  })

  it('knows nothing after its own clock stood still in a sleep, until the server has said something again', () => {
    const there = world(-180_000)
    there.ask(10, 10)
    expect(there.clock.isKnown).toBe(true)
    there.sleep(600_000)
    expect(there.clock.nowMs()).toBeLessThan(there.trueMs())
    expect(there.clock.isKnown).toBe(false)
    there.ask(10, 10)
    expect(there.clock.isKnown).toBe(true)
    expect(there.clock.nowMs()).toBeGreaterThanOrEqual(there.trueMs())
    expect(there.clock.nowMs() - there.trueMs()).toBeLessThanOrEqual(1_040)
  })

  it('does not believe an answer that was on its way through the sleep', () => {
    const there = world(0)
    there.ask(10, 10)
    const sentMs = there.ownMs()
    const date = new Date(there.trueMs()).toUTCString()
    there.sleep(600_000)
    there.pass(20)
    learnFromHeader(there.clock, date, sentMs, there.ownMs())
    expect(there.clock.isKnown).toBe(false)
  })

  it('asks once when somebody sets the computer’s clock, and shows the same as before', () => {
    for (const setMs of [7 * 60_000, -7 * 60_000]) {
      const there = world(0)
      there.ask(20, 20)
      there.set(setMs)
      expect(there.clock.isKnown).toBe(false)
      there.ask(20, 20)
      expect(there.clock.isKnown).toBe(true)
      expect(Math.abs(there.clock.nowMs() - there.trueMs())).toBeLessThanOrEqual(1_040)
      there.pass(60_000)
      expect(there.clock.isKnown).toBe(true)
    }
  })

  it('minds no clock that is put right little by little', () => {
    const there = world(0)
    there.ask(20, 20)
    for (let second = 0; second < 600; second += 1) {
      there.pass(1_000)
      there.set(15)
      expect(there.clock.isKnown).toBe(true)
    }
  })

  it('takes nothing from a header that is none', () => {
    const there = world(0)
    learnFromHeader(there.clock, null, 0, 1)
    learnFromHeader(there.clock, 'yesterday', 0, 1)
    expect(there.clock.isKnown).toBe(false)
  })
})
