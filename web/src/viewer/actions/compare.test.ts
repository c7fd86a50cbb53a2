import { describe, expect, it } from 'vitest'
import { names, runOf } from '../run/fixtures/load'
import { compared, comparisonWords, dataWords, partingWords, whichWords } from './compare'

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

describe('what differs, in words', () => {
  it('is the first thing, with its values, and how much else there is', () => {
    expect(dataWords('{"order":{"total":12,"id":"a"},"x":1}', '{"order":{"total":15,"id":"a"},"y":1}')).toBe('order.total is 12 and 15, and 2 more differ')
    expect(dataWords('{"a":1}', '{"a":1,"b":2}')).toBe('b is only in the second')
    expect(dataWords('{"a":1,"b":2}', '{"a":1}')).toBe('b is only in the first')
    expect(dataWords('1', '2')).toBe('is 1 and 2')
    expect(dataWords('{"a":1}', '{ "a": 1 }')).toBe('')
    expect(dataWords(null, '1')).toBe('')
    expect(dataWords(JSON.stringify('x'.repeat(100)), '1').length).toBeLessThan(70)
  })

  it('begins with what was run and with what', () => {
    const { run } = runOf('own/redrive-before')
    const after = runOf('own/redriven').run
    const about = { machineName: 'order', definition: { StartAt: 'A' } }
    const rows = compared(run, after)
    expect(comparisonWords({ about, run }, { about, run: after }, rows)).toEqual(['They began with the same input.', partingWords(rows)])
    const [machines, input] = comparisonWords({ about, run }, { about: { ...about, machineName: 'refund' }, run: { ...run, input: '{"a":2}' } }, rows)
    expect(machines).toBe('They are executions of two machines, order and refund.')
    expect(input).toMatch(/^They began with different inputs: /)
    expect(comparisonWords({ about, run }, { about: { ...about, definition: {} }, run }, rows)[0]).toContain('another one')
  })
})
