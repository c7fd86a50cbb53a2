/** What holds of every history, whatever happened in it. */
import { describe, expect, it } from 'vitest'
import { nameOf } from '../chart/place'
import type { Run, Visit } from '../types'
import { roleOf } from './event'
import { DEFINITION, generated } from './fixtures/generated'
import { chartOf, names, recorded, runOf } from './fixtures/load'
import { looks, visitsOf } from './picked'
import { readRun, Reading } from './read-run'

const ALL = names()

/** Draws that are the same each time. */
function drawing(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return Math.floor((state / 4_294_967_296) * below)
  }
}

function expectSound(run: Run, name: string): void {
  const byId = new Map(run.visits.map((visit) => [visit.id, visit]))
  expect(byId.size, `${name}: a visit's id is its own`).toBe(run.visits.length)
  const owner = new Map<number, number>()
  for (const visit of run.visits) {
    for (const id of visit.events) {
      expect(owner.has(id), `${name}: event ${id} belongs to one visit`).toBe(false)
      owner.set(id, visit.id)
    }
    expect(visit.events, `${name}: events in order`).toEqual([...visit.events].sort((one, other) => one - other))
  }
  for (const event of run.events) expect(event.visit, `${name}: event ${event.id}`).toBe(owner.get(event.id) ?? null)
  expect(run.events.map(({ id }) => id)).toEqual([...new Set(run.events.map(({ id }) => id))].sort((one, other) => one - other))
  for (const visit of run.visits) {
    if (visit.cameFrom !== null) expect(byId.get(visit.cameFrom), `${name}: ${visit.place} came from somewhere`).toBeDefined()
    for (const attempt of visit.attempts) {
      expect(attempt.beganMs).toBeGreaterThanOrEqual(visit.enteredMs)
      if (visit.leftMs !== null) expect(attempt.endedMs, `${name}: ${visit.place} is left, so are its tries`).not.toBeNull()
    }
    if (visit.parent === null) continue
    const parent = byId.get(visit.parent)
    expect(parent, `${name}: what is around ${visit.place}`).toBeDefined()
    if (parent === undefined) continue
    expect(visit.place.startsWith(`${parent.place}#`)).toBe(true)
    expect(visit.enteredMs).toBeGreaterThanOrEqual(parent.enteredMs)
    if (parent.leftMs !== null) {
      expect(visit.leftMs, `${name}: ${visit.place} ended with ${parent.place}`).not.toBeNull()
      expect(visit.leftMs ?? Infinity).toBeLessThanOrEqual(parent.leftMs)
    }
  }
}

/** A run without what its source cannot know. */
function essence(run: Run): unknown {
  return { ...run, events: run.events.map(({ id, visit }) => [id, visit]), taken: [...run.taken].sort() }
}

describe.each(ALL)('%s', (name) => {
  it('gives each event to one visit, and visits lie within each other', () => {
    const { run, chart } = runOf(name)
    expectSound(run, name)
    expect(run.events.filter(({ visit, type }) => visit === null && roleOf(type) !== 'execution')).toEqual([])
    expect(run.visits.filter(({ id }) => id < 0)).toEqual([])
    expect(run.visits.every(({ place }) => chart.states.has(place))).toBe(true)
    expect(run.gaps.filter((gap) => !/executions of their own|shown as ended/.test(gap))).toEqual([])
  })

  it('has taken edges of the definition only', () => {
    const { run, chart } = runOf(name)
    const drawn = new Set([chart.flow, ...[...chart.states.values()].flatMap(({ flows }) => flows)].flatMap(({ edges }) => edges.map(({ from, to }) => `${from}\n${to}`)))
    for (const edge of run.taken) expect(drawn.has(edge), edge.replace('\n', ' -> ')).toBe(true)
  })

  it('is the same read in pages, whatever their sizes and order', () => {
    const { definition, execution, events } = recorded(name)
    const whole = essence(readRun(events, chartOf(definition), { execution }))
    for (let seed = 1; seed <= 5; seed += 1) {
      const draw = drawing(seed)
      const reading = new Reading(chartOf(definition), { execution })
      let run: Run | undefined
      for (let at = 0; at < events.length; ) {
        const size = 1 + draw(events.length)
        // Each page has what the one before ended with, as a page that is asked for again does.
        run = reading.append(events.slice(Math.max(0, at - draw(4)), at + size))
        expectSound(run, name)
        at += size
      }
      expect(run === undefined ? null : essence(run)).toEqual(whole)
    }
    const backwards = new Reading(chartOf(definition), { execution })
    let run: Run | undefined
    for (const event of [...events].reverse()) run = backwards.append([event])
    expect(run === undefined ? null : essence(run)).toEqual(whole)
  })

  it('fares the same without a definition', () => {
    const { definition, execution, events } = recorded(name)
    const shape = ({ visits }: Run): unknown =>
      visits.map(({ id, place, parent, cameFrom, fate, enteredMs, leftMs, events, iterations, attempts }: Visit) => [
        id, nameOf(place), parent, cameFrom, fate, enteredMs, leftMs, events, iterations, attempts.length,
      ])
    const bare = readRun(events, null, { execution })
    expectSound(bare, name)
    expect(shape(bare)).toEqual(shape(readRun(events, chartOf(definition), { execution })))
  })

  it('is told as far as it goes when it begins in the middle', () => {
    const { definition, execution, events } = recorded(name)
    for (let from = 1; from < events.length; from += 1) {
      for (const chart of [chartOf(definition), null]) {
        const run = readRun(events.slice(from), chart, { execution })
        expectSound(run, `${name} from event ${from + 1}`)
        expect(run.gaps[0]).toContain(`begins at event ${from + 1};`)
        expect(looks(run).size).toBeLessThanOrEqual(run.visits.length)
        const homeless = run.events.filter(({ visit, type }) => visit === null && roleOf(type) !== 'execution').length
        expect(run.gaps.some((gap) => gap.includes('not be matched'))).toBe(homeless > 0)
        const reading = new Reading(chart, { execution })
        let paged: Run | undefined
        for (let at = from; at < events.length; at += 3) paged = reading.append(events.slice(at, at + 3))
        expect(paged === undefined ? null : essence(paged)).toEqual(essence(run))
      }
    }
  })

  it('has a look for each state that was entered', () => {
    const { run } = runOf(name)
    const shown = looks(run)
    expect([...shown.keys()].sort()).toEqual([...new Set(run.visits.map(({ place }) => place))].sort())
    for (const [place, { visits }] of shown) expect(visits).toBe(visitsOf(run, place).length)
  })
})

describe('a history of 25,000 events', () => {
  it.each([true, false])('is sound (ended: %s)', (isEnded) => {
    const run = readRun(generated(25_000, isEnded), chartOf(DEFINITION))
    expect(run.events.length).toBeGreaterThanOrEqual(25_000)
    expect(run.gaps).toEqual([])
    expect(run.events.filter(({ visit }) => visit === null)).toHaveLength(isEnded ? 2 : 1)
    const byId = new Map(run.visits.map((visit) => [visit.id, visit]))
    for (const visit of run.visits) {
      const parent = visit.parent === null ? undefined : byId.get(visit.parent)
      if (parent !== undefined) expect(visit.enteredMs >= parent.enteredMs && (parent.leftMs ?? Infinity) >= (visit.leftMs ?? 0)).toBe(true)
    }
    const asked = run.visits.filter(({ place }) => place.endsWith('/Ask'))
    expect(new Set(asked.map(({ iterations }) => iterations.join())).size).toBe(asked.length)
    if (isEnded) {
      expect(run.status).toBe('SUCCEEDED')
      expect(asked.every(({ attempts, iterations }) => attempts.length === ((iterations[0] ?? 0) % 3 === 0 ? 2 : 1))).toBe(true)
      expect(run.visits[0]?.iterationFates.every((fate) => fate === 'succeeded')).toBe(true)
    }
  })

  it('asks no more of each event than a short history does', () => {
    const reads = (count: number): number => {
      let asked = 0
      const events = generated(count).map(
        (event) =>
          new Proxy(event, {
            get: (of, name) => {
              asked += 1
              return Reflect.get(of, name)
            },
          }),
      )
      readRun(events, chartOf(DEFINITION))
      return asked / events.length
    }
    expect(reads(20_000)).toBeLessThan(reads(1_000) * 1.05)
  })

  it('costs a page no more than itself when it is appended', () => {
    const events = generated(10_000)
    let asked = 0
    const counting = events.map(
      (event) =>
        new Proxy(event, {
          get: (of, name) => {
            asked += 1
            return Reflect.get(of, name)
          },
        }),
    )
    const reading = new Reading(chartOf(DEFINITION))
    reading.append(counting.slice(0, 1000))
    const first = asked
    reading.append(counting.slice(1000, 9000))
    asked = 0
    reading.append(counting.slice(9000, 10_000))
    expect(asked).toBeLessThan(first * 1.5)
  })
})
