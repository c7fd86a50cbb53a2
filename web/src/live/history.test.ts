import { describe, expect, it } from 'vitest'
import { axisEnd, historyOf } from './history'
import type { Movement } from './movements'

const at = (second: number) => new Date(Date.parse('2026-11-21T12:00:00Z') + second * 1000).toISOString()
const moved = (seq: number, second: number, ingredient: string, kind: string, quantity: number, onHand: number, held: number): Movement => ({
  seq, ingredient, kind, quantity, cause: 'x', at: at(second), onHand, held,
})

describe('the history of an ingredient', () => {
  it('begins with what there was before the first movement that is known', () => {
    const rows = [moved(7, 0, 'pan', 'held', 1, 5, 1), moved(8, 100, 'queso', 'served', 4, 6, 0), moved(9, 200, 'pan', 'served', 1, 4, 0)]
    const { steps, startMs, endMs } = historyOf(rows, { ingredient: 'queso', onHand: 6, held: 0 })
    expect(steps.map(({ onHand, held }) => [onHand, held])).toEqual([[10, 4], [6, 0]])
    expect([startMs, endMs]).toEqual([Date.parse(at(0)), Date.parse(at(200))])
  })

  it('is level when nothing moved', () => {
    const { steps } = historyOf([moved(7, 0, 'pan', 'held', 1, 5, 1)], { ingredient: 'queso', onHand: 6, held: 2 })
    expect(steps.map(({ onHand, held }) => [onHand, held])).toEqual([[6, 2]])
  })

  it('has a width although all happened at one moment, and runs forwards although clocks differ', () => {
    const rows = [moved(1, 5, 'pan', 'set', 5, 5, 0), moved(2, 4, 'pan', 'held', 1, 5, 1)]
    const { steps, startMs, endMs } = historyOf(rows, { ingredient: 'pan', onHand: 5, held: 1 })
    expect(endMs - startMs).toBeGreaterThanOrEqual(60_000)
    const times = steps.map(({ atMs }) => atMs)
    expect(times).toEqual([...times].sort((one, other) => one - other))
    expect(steps[0]).toMatchObject({ onHand: 0, held: 0 })
  })
})

describe('the end of an axis', () => {
  it('is a round number that nothing goes beyond', () => {
    expect([0, 1, 2, 3, 7, 10, 11, 86, 100, 101, 4_001].map(axisEnd)).toEqual([2, 2, 2, 5, 10, 10, 20, 100, 100, 200, 5_000])
  })
})
