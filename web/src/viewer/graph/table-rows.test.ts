import { describe, expect, it } from 'vitest'
import { isProblem, readChart } from '../chart/read-chart'
import type { StateLook, Visit } from '../types'
import { firstToLookAt, groupsOf, nextFailed } from './iterations'
import { rowsOf, tookWords } from './table-rows'
import { takenLines } from './taken'
import type { DrawnEdge } from './drawing'
import { inTwoLines, shortened, textWidth } from './text'

const body = { StartAt: 'Buy', States: { Buy: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true } } }
const machine = readChart({
  StartAt: 'Gather',
  States: {
    Gather: { Type: 'Map', ItemProcessor: body, Catch: [{ ErrorEquals: ['Gone'], Next: 'Sorry' }], Next: 'Done' },
    Sorry: { Type: 'Fail' },
    Done: { Type: 'Succeed' },
  },
})
if (isProblem(machine)) throw new Error(machine.problem)
const chart = machine

describe('the table of a graph', () => {
  it('has all states in the order of the flow, each with what is within it, where it leads and how it fared', () => {
    const looks = new Map<string, StateLook>([['/Gather#0/Buy', { fate: 'failed', retries: 1, visits: 1 }]])
    const visit = { enteredMs: 1_000, leftMs: 3_500, attempts: [{}, {}] } as unknown as Visit
    const rows = rowsOf(chart, looks, new Map([['/Gather#0/Buy', visit]]))
    expect(rows.map(({ name, depth, within, status, attempts, tookMs, onwards }) => [name, depth, within, status, attempts, tookMs, onwards])).toEqual([
      ['Gather', 0, '', 'not entered', null, null, ['Done', 'Sorry on Gone']],
      ['Buy', 1, 'in Gather', 'failed after 2 tries', 2, 2_500, []],
      ['Done', 0, '', 'not entered', null, null, []],
      ['Sorry', 0, '', 'not entered', null, null, []],
    ])
  })

  it.each([
    [-3, '0 ms'],
    [40, '40 ms'],
    [1_240, '1.2 s'],
    [59_400, '59 s'],
    [185_000, '3 min 05 s'],
    [7_800_000, '2 h 10 min'],
    [180_000_000, '2 days 2 h'],
  ])('says of %i ms: %s', (ms, words) => {
    expect(tookWords(ms)).toBe(words)
  })
})

describe('iterations', () => {
  const fates = ['succeeded', 'running', 'failed', 'succeeded', 'timedOut'] as const

  it('are offered with the failed first', () => {
    expect(groupsOf(fates).map(({ name, iterations }) => [name, iterations])).toEqual([['Failed', [2, 4]], ['Under way', [1]], ['Succeeded', [0, 3]]])
    expect(firstToLookAt(fates)).toBe(2)
    expect(firstToLookAt(['succeeded', 'running'])).toBe(1)
    expect(firstToLookAt([])).toBeUndefined()
  })

  it('lead from failed to failed, around and around', () => {
    expect([nextFailed(fates, 0), nextFailed(fates, 2), nextFailed(fates, 4), nextFailed(['succeeded'], 0)]).toEqual([2, 4, 2, undefined])
  })
})

describe('the lines that were taken', () => {
  const line = (id: string, from: string, to: string, isCatch: boolean) => ({ id, from, to, isCatch }) as DrawnEdge
  const edges = [line('a', '/A', '/B', false), line('b', '/A', '/B', true), line('c', '/B', '/C', true)]

  it('are those of the history', () => {
    expect([...takenLines(edges, new Set(['/B\n/C']), new Map())]).toEqual(['c'])
  })

  it('are of two between the same states the one that fits how it fared', () => {
    const look = (fate: StateLook['fate']) => new Map<string, StateLook>([['/A', { fate, retries: 0, visits: 1 }]])
    expect([...takenLines(edges, new Set(['/A\n/B']), look('caught'))]).toEqual(['b'])
    expect([...takenLines(edges, new Set(['/A\n/B']), look('succeeded'))]).toEqual(['a'])
  })
})

describe('a text in a node', () => {
  it('breaks where a word begins, into two lines at most', () => {
    const lines = inTwoLines('AskTheWholesaleMarketOnceMoreForIngredients', 160, 13, 600)
    expect(lines[0]).toBe('AskTheWholesale')
    expect(lines).toHaveLength(2)
    expect(Math.max(...lines.map((part) => textWidth(part, 13, 600)))).toBeLessThanOrEqual(160)
    expect(inTwoLines('Short', 160, 13, 600)).toEqual(['Short'])
  })

  it('breaks a word that is wider than a line', () => {
    const lines = inTwoLines('x'.repeat(80), 120, 13, 600)
    expect(lines.map((part) => textWidth(part, 13, 600) <= 120)).toEqual([true, true])
    expect(lines[1]?.endsWith('…')).toBe(true)
  })

  it('is cut with an ellipsis, and not where it fits', () => {
    expect(shortened('any', 100, 11)).toBe('any')
    expect(shortened('StepFunctions.ExecutionAlreadyExistsException', 120, 11)).toMatch(/^StepFun.*…$/)
  })
})
