import { describe, expect, it } from 'vitest'
import { names, runOf } from '../run/fixtures/load'
import { compared, partingWords, whichWords } from './compare'

describe('two executions beside each other', () => {
  it('are the same when they are one', () => {
    for (const name of names()) {
      const { run } = runOf(name)
      const rows = compared(run, run)
      expect(rows.length, name).toBe(run.visits.length)
      expect(rows.filter(({ differences }) => differences.length > 0), name).toEqual([])
      expect(partingWords(rows)).toContain('the same')
    }
  })

  it('have every visit of both, once', () => {
    for (const [one, other] of [['own/redrive-before', 'own/redriven'], ['own/nested', 'own/parallel-failed'], ['own/loop', 'own/loop-waiting'], ['own/loop-waiting', 'own/loop']] as const) {
      const left = runOf(one).run
      const right = runOf(other).run
      const rows = compared(left, right)
      expect(rows.flatMap((row) => row.one?.id ?? []).sort((a, b) => a - b)).toEqual(left.visits.map(({ id }) => id).sort((a, b) => a - b))
      expect(rows.flatMap((row) => row.other?.id ?? []).sort((a, b) => a - b)).toEqual(right.visits.map(({ id }) => id).sort((a, b) => a - b))
      expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length)
    }
  })

  it('part where the first thing differs', () => {
    const { run } = runOf('own/redrive-before')
    const rows = compared(run, runOf('own/redriven').run)
    const first = rows.find(({ differences }) => differences.length > 0)
    expect(first?.differences[0]).toMatch(/failed|aborted|tries|try|only/)
    expect(partingWords(rows)).toContain(`They part at ${first?.name ?? '?'}`)
  })

  it('name the iteration and the time', () => {
    expect(whichWords({ iterations: [1, 0], time: 2 })).toBe(' (iteration 2.1, time 3)')
    expect(whichWords({ iterations: [], time: 0 })).toBe('')
  })
})
