import { describe, expect, it } from 'vitest'
import type { DrawnEdge, DrawnState } from './drawing'
import { faceOf, nextState, wayOf, type Way } from './moves'
import { fitted, kept, opened, revealing, zoomed } from './view'

const state = (place: string, x: number, y: number, more: Partial<DrawnState> = {}): DrawnState => ({
  place, name: place, type: 'Pass', parent: null, lines: [place], detail: '', isDistributed: false, isEnd: false, depth: 0, header: 0, lanes: [], picker: null,
  x, y, width: 100, height: 50, ...more,
})
const edge = (from: string, to: string) => ({ from, to }) as DrawnEdge

describe('the arrow keys', () => {
  const states = [state('/Top', 200, 0), state('/Left', 0, 100), state('/Right', 400, 110), state('/Below', 200, 300)]

  it.each([
    ['/Top', 'down', '/Below'],
    ['/Left', 'right', '/Right'],
    ['/Right', 'left', '/Left'],
    ['/Below', 'up', '/Top'],
    ['/Top', 'up', undefined],
  ] as const)('lead from %s %s to %s', (from, way, to) => {
    expect(nextState(states, [], from, way)).toBe(to)
  })

  it('lead rather along a line than to what is a little nearer', () => {
    const near = [state('/From', 0, 0), state('/Near', 0, 90), state('/Linked', 0, 160)]
    expect(nextState(near, [], '/From', 'down')).toBe('/Near')
    expect(nextState(near, [edge('/From', '/Linked')], '/From', 'down')).toBe('/Linked')
  })

  it('lead from the header of a Map to what it contains, and back', () => {
    const map = [state('/Each', 0, 0, { width: 300, height: 400, header: 60 }), state('/Each#0/One', 100, 100), state('/After', 100, 450)]
    expect(nextState(map, [edge('/Each', '/After')], '/Each', 'down')).toBe('/Each#0/One')
    expect(nextState(map, [], '/Each#0/One', 'up')).toBe('/Each')
    expect(faceOf(map[0] as DrawnState).height).toBe(60)
  })

  it('reach every state of a column, one after another', () => {
    const column = Array.from({ length: 5 }, (_, place) => state(`/${place}`, place % 2 === 0 ? 0 : 30, place * 90))
    const reached = ['/0']
    for (let next: string | undefined = '/0'; next !== undefined; next = nextState(column, [], next, 'down')) if (next !== '/0') reached.push(next)
    expect(reached).toEqual(column.map(({ place }) => place))
  })

  it('are four', () => {
    expect(['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Enter'].map(wayOf)).toEqual(['up', 'down', 'left', 'right', undefined] satisfies (Way | undefined)[])
  })
})

describe('the part that is seen', () => {
  const seen = { width: 400, height: 300 }

  it('is all of a drawing in the middle when it fits', () => {
    expect(fitted({ width: 800, height: 300 }, seen)).toEqual({ scale: 0.5, x: 0, y: 75 })
    expect(fitted({ width: 200, height: 100 }, seen)).toEqual({ scale: 1, x: 100, y: 100 })
  })

  it('is at first where it begins, as large as can be read', () => {
    const view = opened({ width: 4_000, height: 3_000 }, seen, { x: 2_000, y: 20 })
    expect(view.scale).toBeGreaterThanOrEqual(0.8)
    expect(view.x + 2_000 * view.scale).toBeCloseTo(200)
    expect(view.y).toBeCloseTo(0)
  })

  it('stays over the same point when one goes nearer', () => {
    const view = { scale: 1, x: -50, y: -20 }
    const nearer = zoomed(view, 2, { x: 100, y: 80 })
    expect((100 - nearer.x) / nearer.scale).toBeCloseTo((100 - view.x) / view.scale)
    expect(zoomed(view, 1_000, { x: 0, y: 0 }).scale).toBe(3)
  })

  it('keeps some of the drawing in the window', () => {
    const view = kept({ scale: 1, x: 5_000, y: -5_000 }, { width: 800, height: 600 }, seen)
    expect(view).toEqual({ scale: 1, x: 340, y: -540 })
  })

  it('moves as little as is needed to show a state', () => {
    const view = { scale: 1, x: 0, y: 0 }
    expect(revealing(view, { x: 100, y: 100, width: 100, height: 50 }, seen)).toBe(view)
    expect(revealing(view, { x: 500, y: 100, width: 100, height: 50 }, seen)).toEqual({ scale: 1, x: -232, y: 0 })
    expect(revealing(view, { x: -90, y: 100, width: 100, height: 50 }, seen).x).toBe(122)
  })
})
