import { describe, expect, it } from 'vitest'
import { quietStretches, scaleOf, ticksOf, tickWords } from './scale'

describe('quiet stretches', () => {
  it('are those in which nothing happened for much longer than everything else took', () => {
    expect(quietStretches([0, 1_000, 2_000, 600_000, 601_000])).toEqual([{ fromMs: 2_000, toMs: 600_000 }])
  })

  it('are several where a run waited several times, in order', () => {
    expect(quietStretches([601_000, 0, 1_000, 600_000, 1_600_000])).toEqual([
      { fromMs: 1_000, toMs: 600_000 },
      { fromMs: 601_000, toMs: 1_600_000 },
    ])
  })

  it('are none where time runs evenly, or was short', () => {
    expect(quietStretches(Array.from({ length: 50 }, (_, index) => index * 60_000))).toEqual([])
    expect(quietStretches([0, 1, 2, 1_500])).toEqual([])
    expect(quietStretches([7, 7, 7])).toEqual([])
  })
})

describe('a scale', () => {
  const quiet = [{ fromMs: 2_000, toMs: 600_000 }]

  it('gives quiet stretches little room and busy ones the rest', () => {
    const scale = scaleOf(0, 604_000, quiet, null)
    expect(scale.at(0)).toBe(0)
    expect(scale.at(604_000)).toBe(1)
    expect(scale.at(600_000) - scale.at(2_000)).toBeCloseTo(0.08)
    expect(scale.at(2_000)).toBeCloseTo(0.92 * (2 / 6))
  })

  it('finds the moment at a place again', () => {
    const scale = scaleOf(0, 604_000, quiet, null)
    for (const ms of [0, 1_234, 2_000, 300_000, 600_000, 602_500, 604_000]) expect(scale.msAt(scale.at(ms))).toBeCloseTo(ms, 3)
  })

  it('shortens the time since the last event once it is long, so that one sees it grow until then', () => {
    expect(scaleOf(0, 12_000, [], 10_000).quiet).toEqual([])
    const scale = scaleOf(0, 600_000, [], 10_000)
    expect(scale.quiet).toEqual([{ fromMs: 10_000, toMs: 600_000 }])
    expect(scale.at(10_000)).toBeCloseTo(0.75)
  })

  it('leaves room for what was busy however often it was quiet', () => {
    const often = Array.from({ length: 50 }, (_, index) => ({ fromMs: index * 100_000 + 1_000, toMs: (index + 1) * 100_000 }))
    const scale = scaleOf(0, 5_001_000, often, null)
    const room = often.reduce((sum, { fromMs, toMs }) => sum + scale.at(toMs) - scale.at(fromMs), 0)
    expect(room).toBeCloseTo(0.6)
  })

  it('stands still at its ends, also for a run of no time at all', () => {
    const scale = scaleOf(5_000, 5_000, [], null)
    expect(scale.at(4_000)).toBe(0)
    expect(scale.at(9_000)).toBe(1)
  })
})

describe('the marks of an axis', () => {
  it('are at round times, apart enough to be read', () => {
    const ticks = ticksOf(scaleOf(1_000, 61_000, [], null), 1_000, 0, 1, 6)
    expect(ticks.map(({ words }) => words)).toEqual(['0', '10 s', '20 s', '30 s', '40 s', '50 s', '1:00'])
  })

  it('are not in what is shortened, however long that was', () => {
    const year = 365 * 86_400_000
    const ticks = ticksOf(scaleOf(0, year + 4_000, [{ fromMs: 2_000, toMs: year }], null), 0, 0, 1, 8)
    expect(ticks.length).toBeLessThan(12)
    expect(ticks.every(({ ms }) => ms <= 2_000 || ms >= year)).toBe(true)
  })

  it('become finer with what is seen', () => {
    const ticks = ticksOf(scaleOf(0, 60_000, [], null), 0, 0.5, 0.51, 6)
    expect(ticks[0]?.words).toBe('30.0 s')
    expect(ticks[1]?.words).toBe('30.1 s')
  })

  it('say times as short as they can', () => {
    expect([tickWords(250, 50), tickWords(2_500, 500), tickWords(65_000, 1_000), tickWords(3_750_000, 1_000), tickWords(194_400_000, 3_600_000)]).toEqual(['250 ms', '2.5 s', '1:05', '1:02:30', '2 d 6 h'])
  })
})
