import { describe, expect, it } from 'vitest'
import { isObject } from '../chart/json'
import { chartOf, names, recorded } from './fixtures/load'
import { readRun } from './read-run'
import { seenChart } from './seen-chart'

describe('the chart of a history without a definition', () => {
  it.each(names())('%s has each state that was entered, where the definition has it', (name) => {
    const { definition, events } = recorded(name)
    const run = readRun(events)
    const seen = seenChart(run)
    const real = chartOf(definition)
    expect([...seen.states.keys()]).toEqual([...new Set(run.visits.map(({ place }) => place))])
    for (const { name, type, parent, flows } of seen.states.values()) {
      const same = [...real.states.values()].find((state) => state.name === name)
      expect([type, parent], name).toEqual([same?.type, same?.parent])
      for (const flow of flows) expect(flow.start).not.toBeNull()
    }
    expect(seen.flow.start).toBe(real.flow.start)
    const edges = [seen.flow, ...[...seen.states.values()].flatMap(({ flows }) => flows)].flatMap((flow) => flow.edges)
    expect(new Set(edges.map(({ from, to }) => `${from}\n${to}`))).toEqual(run.taken)
  })

  it('has what little there is of one that begins in the middle', () => {
    const { events } = recorded('own/nested')
    for (let from = 1; from < events.length; from += 1) {
      const seen = seenChart(readRun(events.slice(from)))
      for (const { parent } of seen.states.values()) expect(parent === null || seen.states.has(parent)).toBe(true)
      expect(isObject(seen.flow)).toBe(true)
    }
  })
})
