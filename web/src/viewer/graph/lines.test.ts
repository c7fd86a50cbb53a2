import { describe, expect, it } from 'vitest'
import { isProblem, readChart } from '../chart/read-chart'
import type { Chart } from '../types'
import { inOrder, linesOf } from './lines'

const task = (more: Record<string, unknown>) => ({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', ...more })

function chartOf(definition: unknown): Chart {
  const chart = readChart(definition)
  if (isProblem(chart)) throw new Error(chart.problem)
  return chart
}

describe('the lines of a flow', () => {
  it('are one for all choices that lead to the same state, and one for all errors that do', () => {
    const { flow, states } = chartOf({
      StartAt: 'Ask',
      States: {
        Ask: { Type: 'Choice', Choices: [{ Condition: "{% $x = 'a' %}", Next: 'Try' }, { Condition: "{% $x = 'b' %}", Next: 'Try' }], Default: 'Try' },
        Try: task({ Catch: [{ ErrorEquals: ['Busy'], Next: 'Done' }, { ErrorEquals: ['Gone', 'States.ALL'], Next: 'Done' }], Next: 'Done' }),
        Done: { Type: 'Succeed' },
      },
    })
    expect(linesOf(flow, states).map(({ from, to, isCatch, meaning, short }) => [from, to, isCatch, meaning, short])).toEqual([
      ['/Ask', '/Try', false, "$x = 'a' or $x = 'b' or otherwise", "$x = 'a' or $x = 'b' or otherwise"],
      ['/Try', '/Done', false, '', ''],
      ['/Try', '/Done', true, 'Busy, Gone, any error', ''],
    ])
  })

  it('lead nowhere where a state is missing', () => {
    const flow = { start: '/A', states: ['/A'], edges: [{ from: '/A', to: '/Lost', kind: 'next' as const, label: '' }] }
    expect(linesOf(flow, new Map())).toEqual([])
  })
})

describe('the order of a flow', () => {
  it('follows the lines from the first state, errors after what goes well, and puts what nothing leads to last', () => {
    const chart = chartOf({
      StartAt: 'Begin',
      States: {
        Failed: { Type: 'Fail' },
        Orphan: { Type: 'Pass', End: true },
        Done: { Type: 'Succeed' },
        Again: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'Begin' }], Default: 'Done' },
        Begin: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Failed' }], Next: 'Again' }),
      },
    })
    expect(inOrder(chart.flow, linesOf(chart.flow, chart.states))).toEqual(['/Begin', '/Again', '/Done', '/Failed', '/Orphan'])
  })

  it('has every state once, however long the chain', () => {
    const states = Array.from({ length: 10_000 }, (_, number) => `/${number}`)
    const edges = states.slice(1).map((to, place) => ({ from: states[place] ?? '', to, kind: 'next' as const, label: '' }))
    const flow = { start: '/0', states, edges }
    expect(inOrder(flow, linesOf(flow, new Map()))).toEqual(states)
  })
})
