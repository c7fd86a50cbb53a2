import { describe, expect, it } from 'vitest'
import { chartOf, names, recorded, runOf } from '../run/fixtures/load'
import { visitsOf } from '../run/picked'
import { readRun } from '../run/read-run'
import { ALL_ITERATIONS } from '../graph/iterations'
import { lookedAt, picksTo } from './looked-at'

describe('what is looked at of a run', () => {
  it('is the newest visit of each state in the picked iterations, in every recorded history', () => {
    for (const name of names()) {
      const { run, chart } = runOf(name)
      const { visits, picked } = lookedAt(run, chart, new Map())
      for (const place of chart.states.keys()) {
        expect(visits.get(place)?.id, `${name} ${place}`).toBe(visitsOf(run, place, picked).at(-1)?.id)
      }
    }
  })

  it('is the failed iteration before anybody picks one, and then the one that was picked', () => {
    const { run, chart } = runOf('aws/map-retried-and-failed')
    const [map] = lookedAt(run, chart, new Map()).iterations.keys()
    const first = lookedAt(run, chart, new Map())
    if (map === undefined) throw new Error('There is a Map state.')
    const fates = first.iterations.get(map) ?? []
    expect(['failed', 'timedOut']).toContain(fates[first.picked.get(map) ?? -1])
    expect(lookedAt(run, chart, new Map([[map, 0]])).picked.get(map)).toBe(0)
    expect(lookedAt(run, chart, new Map([[map, 999]])).picked.get(map)).toBe(first.picked.get(map))
  })

  it('is the worst of all iterations, when they are looked at together, and nobody picks within', () => {
    const { run, chart } = runOf('own/map-caught')
    const { visits, picked, iterations } = lookedAt(run, chart, new Map([['/Ship', ALL_ITERATIONS]]))
    expect(picked.has('/Ship')).toBe(false)
    expect(iterations.get('/Ship')).toHaveLength(4)
    expect(visits.get('/Ship#0/Pack')?.fate).toBe('caught')
    // However far it has come: inner Maps have iterations at some moments only.
    const { definition, events } = recorded('own/nested')
    for (let count = 4; count <= events.length; count += 1) {
      const chartOfNested = chartOf(definition)
      const together = lookedAt(readRun(events.slice(0, count), chartOfNested), chartOfNested, new Map([['/EachKitchen', ALL_ITERATIONS]]))
      expect([...together.iterations.keys()].filter((place) => place !== '/EachKitchen')).toEqual([])
      expect(together.picked.size).toBe(0)
    }
  })

  it('leads to every visit by the iterations around it', () => {
    const { run, chart } = runOf('own/nested')
    for (const visit of run.visits) {
      const { visits } = lookedAt(run, chart, picksTo(run, visit))
      if (!visit.iterations.includes(-1)) expect(visits.get(visit.place)?.iterations, visit.place).toEqual(visit.iterations)
    }
  })
})
