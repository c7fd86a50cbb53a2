import { describe, expect, it } from 'vitest'
import { learnFromHeader, ServerClock } from './server-clock'

const NOON_MS = Date.parse('2026-11-21T12:00:00Z')

/** A server and a page, each with a clock of its own. */
function world(pageIsAheadMs: number) {
  let trueMs = NOON_MS
  let ownMs = 5_000
  let leaptMs = 0
  const clock = new ServerClock(
    () => ownMs,
    () => trueMs + pageIsAheadMs,
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
    /** The server lets time pass that passes nowhere else. */
    leap: (ms: number) => {
      leaptMs += ms
    },
    trueMs: () => trueMs + leaptMs,
    ownMs: () => ownMs,
    /** One request of which `thereMs` pass before the server answers and `backMs` after it. */
    ask(thereMs: number, backMs: number) {
      const sentMs = ownMs
      this.pass(thereMs)
      const date = new Date(Math.floor(this.trueMs() / 1000) * 1000).toUTCString()
      this.pass(backMs)
      learnFromHeader(clock, date, sentMs, ownMs)
    },
  }
}

const now = (there: ReturnType<typeof world>) => there.clock.knownMs() ?? Number.NaN

describe('the server clock', () => {
  it('is not known before the server has said something, and never is the browser’s', () => {
    const there = world(7 * 60_000)
    expect(there.clock.knownMs()).toBeNull()
    there.ask(20, 20)
    expect(Math.abs(now(there) - there.trueMs())).toBeLessThanOrEqual(1_040)
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
        expect(now(there)).toBeGreaterThanOrEqual(there.trueMs())
        expect(now(there) - there.trueMs()).toBeLessThanOrEqual(1_400)
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

  it('is not known after its own clock stood still in a sleep, until one answer', () => {
    const there = world(0)
    there.ask(10, 10)
    there.sleep(600_000)
    expect(there.clock.isKnown).toBe(false)
    expect(there.clock.knownMs()).toBeNull()
    there.pass(10)
    there.ask(10, 10)
    expect(now(there)).toBeGreaterThanOrEqual(there.trueMs())
    expect(now(there) - there.trueMs()).toBeLessThanOrEqual(1_040)
  })

  it('learns nothing from an answer that slept on its way', () => {
    const there = world(0)
    const sentMs = there.ownMs()
    const date = new Date(there.trueMs()).toUTCString()
    there.pass(10)
    there.sleep(600_000)
    learnFromHeader(there.clock, date, sentMs, there.ownMs())
    expect(there.clock.isKnown).toBe(false)
  })

  it('does not doubt a wall clock that is wrong, or drifts, but does not jump', () => {
    const there = world(-3_600_000)
    there.ask(10, 10)
    for (let minute = 0; minute < 60; minute += 1) {
      there.pass(60_000)
      there.sleep(6)
      expect(there.clock.isKnown).toBe(true)
    }
  })

  it('follows a server that lets a quarter of an hour pass, with its next answer', () => {
    const there = world(0)
    for (let asked = 0; asked < 5; asked += 1) {
      there.ask(30, 30)
      there.pass(137)
    }
    there.leap(900_000)
    there.ask(30, 30)
    expect(there.clock.isKnown).toBe(true)
    expect(now(there)).toBeGreaterThanOrEqual(there.trueMs())
    expect(now(there) - there.trueMs()).toBeLessThanOrEqual(1_060)
    there.leap(60_000)
    there.ask(30, 30)
    expect(now(there)).toBeGreaterThanOrEqual(there.trueMs())
    expect(now(there) - there.trueMs()).toBeLessThanOrEqual(1_060)
  })

  it('is not led back by an answer that was made before the leap and comes after one that was made since', () => {
    const there = world(0)
    there.ask(30, 30)
    const late = { sentMs: there.ownMs(), date: new Date(there.trueMs()).toUTCString() }
    there.leap(900_000)
    there.ask(30, 30)
    learnFromHeader(there.clock, late.date, late.sentMs, there.ownMs())
    expect(now(there)).toBeGreaterThanOrEqual(there.trueMs())
  })

  it('believes a server whose clock was put back, as soon as it is asked again', () => {
    const there = world(0)
    there.ask(30, 30)
    there.leap(-900_000)
    there.ask(30, 30)
    expect(now(there) - there.trueMs()).toBeLessThanOrEqual(1_060)
  })

  it('takes nothing from a header that is none', () => {
    const there = world(0)
    learnFromHeader(there.clock, null, 0, 1)
    learnFromHeader(there.clock, 'yesterday', 0, 1)
    expect(there.clock.isKnown).toBe(false)
  })
})
