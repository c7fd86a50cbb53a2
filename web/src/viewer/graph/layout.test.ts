import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { isProblem, readChart } from '../chart/read-chart'
import type { Chart } from '../types'
import type { Box, Direction, DrawnState, Drawing, Point } from './drawing'
import { onThisThread, type Engine } from './engine'
import { generatedMachine } from './generated'
import { layOut } from './layout'

const DIRECTIONS: Direction[] = ['down', 'right']
const WORKFLOWS = new URL('../../../../workflows/', import.meta.url)

let engine: Engine
beforeAll(async () => {
  engine = await onThisThread()
})

function chartOf(definition: unknown): Chart {
  const chart = readChart(definition)
  if (isProblem(chart)) throw new Error(chart.problem)
  return chart
}

const parallel = (...branches: string[]) =>
  chartOf({
    StartAt: 'Both',
    States: { Both: { Type: 'Parallel', End: true, Branches: branches.map((name) => ({ StartAt: name, States: { [name]: { Type: 'Pass', End: true } } })) } },
  })

function isWithin(inner: Box, outer: Box): boolean {
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height
}

function overlap(one: Box, other: Box): boolean {
  return one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height
}

function isOnBorder({ x, y }: Point, box: Box): boolean {
  const isBeside = (at: number, begin: number, length: number) => Math.abs(at - begin) < 1 || Math.abs(at - begin - length) < 1
  const isAlong = (at: number, begin: number, length: number) => at >= begin - 1 && at <= begin + length + 1
  return (isBeside(x, box.x, box.width) && isAlong(y, box.y, box.height)) || (isBeside(y, box.y, box.height) && isAlong(x, box.x, box.width))
}

/** What is wrong with a drawing, in words. */
function faultsOf({ states, edges, width, height }: Drawing): string[] {
  const faults: string[] = []
  const byPlace = new Map(states.map((state) => [state.place, state]))
  const siblings = new Map<string | null, DrawnState[]>()
  for (const state of states) {
    siblings.set(state.parent, [...(siblings.get(state.parent) ?? []), state])
    const parent = state.parent === null ? { x: 0, y: 0, width, height, lanes: [] } : byPlace.get(state.parent)
    if (parent === undefined || !isWithin(state, parent)) faults.push(`${state.place} is not within what is around it`)
    if (parent !== undefined && parent.lanes.length > 0 && parent.lanes.filter((lane) => isWithin(state, lane)).length !== 1) faults.push(`${state.place} is in no lane`)
    if (state.picker !== null && !isWithin(state.picker, state)) faults.push(`${state.place} has no room for its picker`)
    if (state.lanes.some((lane) => lane.y < state.y + state.header)) faults.push(`${state.place} has a lane in its header`)
  }
  const labels = edges.flatMap(({ id, label }) => (label === null ? [] : [{ ...label, id }]))
  for (const [place, label] of labels.entries()) {
    for (const other of labels.slice(place + 1)) if (overlap(label, other)) faults.push(`the labels of ${label.id} and ${other.id} overlap`)
    for (const state of states) if (state.lanes.length === 0 && overlap(label, state)) faults.push(`the label of ${label.id} is on ${state.place}`)
  }
  for (const group of siblings.values()) {
    for (const [place, one] of group.entries()) for (const other of group.slice(place + 1)) if (overlap(one, other)) faults.push(`${one.place} and ${other.place} overlap`)
  }
  for (const edge of edges) {
    const [from, to] = [byPlace.get(edge.from), byPlace.get(edge.to)]
    const [begin, end] = [edge.points[0], edge.points.at(-1)]
    if (from === undefined || begin === undefined || !isOnBorder(begin, from)) faults.push(`${edge.id} does not begin at its state`)
    if (to === undefined || end === undefined || !isOnBorder(end, to)) faults.push(`${edge.id} does not end at its state`)
    for (const [place, point] of edge.points.slice(1).entries()) {
      const before = edge.points[place] as Point
      if (Math.abs(before.x - point.x) > 0.5 && Math.abs(before.y - point.y) > 0.5) faults.push(`${edge.id} is not made of level and upright parts`)
      const part = { x: Math.min(before.x, point.x) + 1, y: Math.min(before.y, point.y) + 1, width: Math.abs(before.x - point.x) - 2, height: Math.abs(before.y - point.y) - 2 }
      for (const state of siblings.get(from?.parent ?? null) ?? []) if (part.width + part.height > 0 && crosses(part, state)) faults.push(`${edge.id} crosses ${state.place}`)
    }
  }
  return faults
}

/** A level or upright part of a line has no width or height. */
function crosses(part: Box, state: Box): boolean {
  const thick = { x: part.x, y: part.y, width: Math.max(part.width, 0.1), height: Math.max(part.height, 0.1) }
  const inner = { x: state.x + 1, y: state.y + 1, width: state.width - 2, height: state.height - 2 }
  return overlap(thick, inner)
}

function expectDrawn(chart: Chart, drawing: Drawing): void {
  expect(faultsOf(drawing)).toEqual([])
  expect(drawing.states.map(({ place }) => place).sort()).toEqual([...chart.states.keys()].sort())
}

describe.each(DIRECTIONS)('a chart drawn %s', (direction) => {
  it.each(readdirSync(WORKFLOWS).filter((name) => name.endsWith('.asl.json')))('shows all of %s, and nothing overlaps', async (name) => {
    const chart = chartOf(JSON.parse(readFileSync(new URL(name, WORKFLOWS), 'utf8')))
    expectDrawn(chart, await layOut(chart, direction, engine))
  })

  it.each(Array.from({ length: 12 }, (_, seed) => seed))('shows all of generated machine %i, and nothing overlaps', async (seed) => {
    const chart = chartOf(generatedMachine(3 + seed * 3, seed))
    expectDrawn(chart, await layOut(chart, direction, engine))
  })

  it('has the branches of a Parallel state in their order', async () => {
    const { states } = await layOut(parallel('Zebra', 'Ant', 'Mole'), direction, engine)
    const along = ({ x, y }: Point) => (direction === 'down' ? x : y)
    const inOrder = states.filter(({ parent }) => parent !== null).sort((one, other) => along(one) - along(other))
    expect(inOrder.map(({ place }) => place)).toEqual(['/Both#0/Zebra', '/Both#1/Ant', '/Both#2/Mole'])
  })

  it('begins with the first state, also when a loop leads back to it', async () => {
    const chart = chartOf({
      StartAt: 'Ask',
      States: {
        Done: { Type: 'Succeed' },
        Again: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'Ask' }], Default: 'Done' },
        Ask: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Next: 'Again' },
      },
    })
    const { states, start } = await layOut(chart, direction, engine)
    const along = ({ x, y }: Point) => (direction === 'down' ? y : x)
    expect([...states].sort((one, other) => along(one) - along(other)).map(({ name }) => name)).toEqual(['Ask', 'Again', 'Done'])
    expect(start?.to).toBe('/Ask')
  })

  it('is the same each time', async () => {
    const chart = chartOf(generatedMachine(30, 7))
    expect(await layOut(chart, direction, engine)).toEqual(await layOut(chart, direction, engine))
  })
})

describe('a drawing', () => {
  it('has room for the picker of a Map and for nothing like it elsewhere', async () => {
    const body = { StartAt: 'One', States: { One: { Type: 'Pass', End: true } } }
    const chart = chartOf({ StartAt: 'Each', States: { Each: { Type: 'Map', ItemProcessor: body, Next: 'Both' }, Both: { Type: 'Parallel', Branches: [body], End: true } } })
    const { states } = await layOut(chart, 'down', engine)
    expect(states.filter(({ picker }) => picker !== null).map(({ place }) => place)).toEqual(['/Each'])
  })

  it('marks where it ends, and who catches', async () => {
    const chart = chartOf({
      StartAt: 'Try',
      States: {
        Try: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Sorry' }], Next: 'Done' },
        Sorry: { Type: 'Fail' },
        Done: { Type: 'Pass', End: true },
      },
    })
    const { states, edges } = await layOut(chart, 'down', engine)
    expect(states.filter(({ isEnd }) => isEnd).map(({ name }) => name).sort()).toEqual(['Done', 'Sorry'])
    expect(edges.map(({ from, to, isCatch }) => [from, to, isCatch])).toEqual(expect.arrayContaining([['/Try', '/Sorry', true], ['/Try', '/Done', false]]))
  })

  it('is drawn of a machine with no states, and of a body with none', async () => {
    const nothing = { start: null, states: [], edges: [] }
    expect((await layOut({ ...parallel(), flow: nothing, states: new Map() }, 'down', engine)).states).toEqual([])
    const chart = parallel('One')
    chart.states.get('/Both')?.flows.push(nothing)
    expect(faultsOf(await layOut(chart, 'down', engine))).toEqual([])
  })

  it('names the first of several errors, and all of them in words', async () => {
    const chart = chartOf({
      StartAt: 'Try',
      States: {
        Try: { Type: 'Task', Resource: 'x', Catch: [{ ErrorEquals: ['TicketSold', 'NotFound', 'TooMany'], Next: 'No' }], End: true },
        No: { Type: 'Fail' },
      },
    })
    const { edges } = await layOut(chart, 'down', engine)
    expect(edges[0]).toMatchObject({ meaning: 'TicketSold, NotFound, TooMany', label: { text: 'TicketSold +2' } })
  })
})
