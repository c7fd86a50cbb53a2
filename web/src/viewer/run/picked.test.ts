import { describe, expect, it } from 'vitest'
import { costOf } from './cost'
import { chartOf, recorded, runOf } from './fixtures/load'
import { allAround, iterationsOf, looks, retriesOf, taken, visitsOf } from './picked'
import { readRun } from './read-run'

describe('how states look', () => {
  it('is their weightiest iteration, unless one is picked', () => {
    const { run } = runOf('own/map-caught')
    const pack = '/Ship#0/Pack'
    expect(looks(run).get(pack)).toEqual({ fate: 'caught', retries: 0, visits: 4, counts: { caught: 1, succeeded: 3 } })
    expect(looks(run, new Map([['/Ship', 1]])).get(pack)).toEqual({ fate: 'caught', retries: 0, visits: 1 })
    expect(looks(run, new Map([['/Ship', 2]])).get(pack)?.fate).toBe('succeeded')
    expect(looks(run, new Map([['/Ship', 2]])).has('/Ship#0/Report')).toBe(false)
    expect(looks(run, new Map([['/Ship', 2]])).get('/Ship')?.visits).toBe(1)
  })

  it('is picked within what is picked', () => {
    const { run } = runOf('own/nested')
    const cook = '/EachKitchen#0/Both#0/EachDish#0/Cook'
    expect(looks(run).get(cook)).toEqual({ fate: 'succeeded', retries: 1, visits: 3, counts: { succeeded: 3 } })
    expect(looks(run, new Map([['/EachKitchen', 0]])).get(cook)).toMatchObject({ retries: 1, visits: 2 })
    expect(looks(run, new Map([['/EachKitchen', 0], ['/EachKitchen#0/Both#0/EachDish', 1]])).get(cook)).toMatchObject({ retries: 0, visits: 1 })
    expect(looks(run, new Map([['/EachKitchen#0/Both#0/EachDish', 1]])).get(cook)).toMatchObject({ visits: 1 })
    expect(looks(run, new Map([['/EachKitchen', 2]])).has(cook)).toBe(false)
    expect(allAround(cook)).toEqual(['/EachKitchen', '/EachKitchen#0/Both', '/EachKitchen#0/Both#0/EachDish'])
  })

  it('is that of the newest visit in a loop, and of the newest round', () => {
    const { definition, events } = recorded('own/loop')
    const run = readRun(events.slice(0, 12), chartOf(definition))
    expect(looks(run).get('/Ask')).toEqual({ fate: 'running', retries: 0, visits: 2 })
    const retried = recorded('own/map-retried')
    const second = readRun(retried.events.slice(0, 10), chartOf(retried.definition))
    expect(looks(second).get('/M')).toEqual({ fate: 'running', retries: 1, visits: 1 })
    // In the second round it was not entered yet: as it was in the first.
    expect(looks(second).get('/M#0/No')).toEqual({ fate: 'failed', retries: 0, visits: 1 })
  })
})

describe('edges that were taken', () => {
  it('are those of the picked iteration', () => {
    const { run } = runOf('own/map-caught')
    expect([...taken(run, new Map([['/Ship', 1]]))]).toEqual(['/Ship#0/Pack\n/Ship#0/Report'])
    expect([...taken(run, new Map([['/Ship', 0]]))]).toEqual(['/Ship#0/Pack\n/Ship#0/Send'])
    expect(taken(run).size).toBe(2)
  })
})

describe('the iterations of a Map state', () => {
  it('are listed with how each fared', () => {
    const { run } = runOf('own/redrive-before')
    const [map] = visitsOf(run, '/P#0/M')
    if (map === undefined) throw new Error('no visit')
    expect(iterationsOf(run, map).map(({ index, fate, error }) => [index, fate, error])).toEqual([[0, 'succeeded', null], [1, 'failed', 'Down'], [2, 'aborted', null]])
    const after = runOf('own/redriven').run
    const [again] = visitsOf(after, '/P#0/M')
    if (again === undefined) throw new Error('no visit')
    const iterations = iterationsOf(after, again)
    expect(iterations.map(({ fate, error, retries }) => [fate, error, retries])).toEqual(Array.from({ length: 3 }, () => ['succeeded', null, 0]))
    for (const { beganMs, endedMs } of iterations) expect(endedMs ?? 0).toBeGreaterThan(beganMs ?? Infinity)
  })

  it('wait for their turn, and end with what stopped them', () => {
    const { run } = runOf('own/stopped')
    const [map] = visitsOf(run, '/M')
    if (map === undefined) throw new Error('no visit')
    expect(iterationsOf(run, map).map(({ fate, beganMs, endedMs }) => [fate, beganMs !== null, endedMs === null ? null : endedMs === run.endedMs])).toEqual([
      ['succeeded', true, false],
      ['aborted', true, true],
      ['aborted', false, null],
    ])
    const { definition, events } = recorded('own/stopped')
    const early = readRun(events.slice(0, 5), chartOf(definition))
    const [open] = visitsOf(early, '/M')
    expect(open === undefined ? [] : iterationsOf(early, open).map(({ fate }) => fate)).toEqual(['running', 'waiting', 'waiting'])
  })

  it('are those of the last round', () => {
    const { run } = runOf('aws/map-retried-and-failed')
    const [map] = visitsOf(run, '/MapState')
    if (map === undefined) throw new Error('no visit')
    expect(iterationsOf(run, map)).toMatchObject([{ fate: 'failed', error: 'HandleItemFailError', beganMs: run.startedMs + 8500 }])
    expect(retriesOf(map, run)).toBe(3)
  })
})

describe('what a run cost', () => {
  it('is every state entered and every retry', () => {
    const { run } = runOf('own/token-and-retry')
    expect(costOf(run)).toEqual({ transitions: 4, retries: 2, redrives: 0, lambdaInvocations: 3, otherCalls: 1, isAtLeast: false })
    // Going on after a redrive is a transition of its own and no retry.
    const redriven = runOf('own/redriven').run
    expect(costOf(redriven)).toMatchObject({ transitions: redriven.visits.length + 1, retries: 0, redrives: 1 })
    expect(costOf(runOf('own/loop').run)).toMatchObject({ transitions: 9, lambdaInvocations: 3 })
  })

  it('was more if the history does not have all', () => {
    const { definition, events } = recorded('own/loop')
    expect(costOf(readRun(events.slice(3), chartOf(definition))).isAtLeast).toBe(true)
  })
})
