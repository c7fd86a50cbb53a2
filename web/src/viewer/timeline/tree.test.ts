import { describe, expect, it } from 'vitest'
import { chartOf, runOf } from '../run/fixtures/load'
import { DEFINITION, generated } from '../run/fixtures/generated'
import { readRun } from '../run/read-run'
import { barsOf, triesWords } from './bars'
import { NOTHING_WITHIN, rowsOf, treeOf, type KnownChild, type TimelineRow } from './tree'

function outline(rows: readonly TimelineRow[]): string[] {
  return rows.map(({ node, depth }) => `${'  '.repeat(depth)}${node.name}${node.about === '' ? '' : ` (${node.about})`}`)
}

describe('rows', () => {
  it('stand within the Map and Parallel states around them, iterations and branches in order', () => {
    const { run, chart } = runOf('own/nested')
    const lines = outline(rowsOf(treeOf(run, chart, NOTHING_WITHIN), new Map()))
    expect(lines.slice(0, 8)).toEqual([
      'Prepare',
      'EachKitchen',
      '  Iteration 1',
      '    Both',
      '      EachDish (branch 1)',
      '        Iteration 1',
      '          Cook',
      '          Plate',
    ])
    expect(lines.at(-1)).toBe('Serve')
    expect(lines.filter((line) => line.includes('Iteration'))).toHaveLength(6)
  })

  it('are one for each visit of every recorded history, besides iterations', () => {
    for (const name of ['own/redriven', 'own/loop', 'own/map-retried', 'own/parallel-caught', 'aws/map-in-turn']) {
      const { run, chart } = runOf(name)
      const rows = rowsOf(treeOf(run, chart, NOTHING_WITHIN), new Map())
      expect(rows.filter(({ node }) => node.kind === 'visit').map(({ node }) => node.visit?.id).sort(), name).toEqual(run.visits.map(({ id }) => id).sort())
    }
  })

  it('go when what is around them is closed', () => {
    const { run, chart } = runOf('own/nested')
    const tree = treeOf(run, chart, NOTHING_WITHIN)
    const map = tree.roots[1]?.key ?? ''
    expect(outline(rowsOf(tree, new Map([[map, false]])))).toEqual(['Prepare', 'EachKitchen', 'Serve'])
  })

  it('are few at first where there are thousands', () => {
    const chart = chartOf(DEFINITION)
    const run = readRun(generated(5_000), chart)
    const rows = rowsOf(treeOf(run, chart, NOTHING_WITHIN), new Map())
    expect(run.visits.length).toBeGreaterThan(1_000)
    expect(rows.length).toBeLessThan(run.visits.length / 2)
    expect(rows.slice(1).every(({ node }) => node.kind === 'iteration')).toBe(true)
  })

  it('last as long as what is within an iteration', () => {
    const { run, chart } = runOf('own/nested')
    const tree = treeOf(run, chart, NOTHING_WITHIN)
    const iteration = tree.roots[1]?.within[1]
    const ends = run.visits.filter(({ iterations }) => iterations[0] === 1).map(({ leftMs }) => leftMs ?? 0)
    expect(iteration?.endedMs).toBe(Math.max(...ends))
  })
})

describe('an execution that was started', () => {
  const { run, chart } = runOf('own/child')
  const arn = run.visits.find(({ childArn }) => childArn !== null)?.childArn ?? ''

  it('is closed at first, and says that it is being read', () => {
    const tree = treeOf(run, chart, NOTHING_WITHIN)
    expect(rowsOf(tree, new Map()).every(({ isOpen }) => isOpen !== true)).toBe(true)
    const key = [...tree.byKey.values()].find(({ childArn }) => childArn !== null)?.key ?? ''
    expect(outline(rowsOf(tree, new Map([[key, true]])))).toContain('  The execution it started is being read.')
  })

  it('has its rows within the state that started it', () => {
    const child = runOf('own/loop')
    const known = new Map<string, KnownChild>([[arn, { kind: 'here', child }]])
    const tree = treeOf(run, chart, { children: known, items: new Map() })
    const key = [...tree.byKey.values()].find(({ childArn, inArn }) => childArn !== null && inArn === null)?.key ?? ''
    const within = rowsOf(tree, new Map([[key, true]])).filter(({ node }) => node.inArn === arn)
    expect(within).toHaveLength(child.run.visits.length)
    expect(within.every(({ depth }) => depth > 0)).toBe(true)
  })
})

describe('bars', () => {
  function barsIn(name: string, state: string): string[] {
    const { run, chart } = runOf(name)
    const node = [...treeOf(run, chart, NOTHING_WITHIN).byKey.values()].findLast((one) => one.name === state)
    return node === undefined ? [] : barsOf(node, chart).map(({ kind, tone, toMs }) => `${kind} ${tone}${toMs === null ? ' …' : ''}`)
  }

  it('tell failed tries, pauses and the try that went well', () => {
    const { run, chart } = runOf('own/nested')
    const cook = [...treeOf(run, chart, NOTHING_WITHIN).byKey.values()].find(({ visit }) => (visit?.attempts.length ?? 0) === 2)
    expect(cook === undefined ? [] : barsOf(cook, chart).map(({ kind, tone }) => `${kind} ${tone}`)).toEqual(['span good', 'work bad', 'pause stopped', 'work good'])
  })

  it('tell a wait for an answer from work', () => {
    const { run, chart } = runOf('own/token-waiting')
    const name = chart.states.get(run.visits.at(-1)?.place ?? '')?.name ?? ''
    expect(barsIn('own/token-waiting', name).at(-1)).toBe('wait live …')
  })

  it('tell that the next try is awaited', () => {
    const { run, chart } = runOf('own/retry-waiting')
    const name = chart.states.get(run.visits.at(-1)?.place ?? '')?.name ?? ''
    expect(barsIn('own/retry-waiting', name).at(-1)).toBe('pause stopped …')
  })

  it('have no pause between a failure and a redrive', () => {
    const { run, chart } = runOf('own/redriven')
    const nodes = [...treeOf(run, chart, NOTHING_WITHIN).byKey.values()].filter(({ visit }) => (visit?.attempts.length ?? 0) > 1)
    expect(nodes.length).toBeGreaterThan(0)
    for (const node of nodes) {
      expect(barsOf(node, chart).some(({ kind }) => kind === 'pause')).toBe(false)
      expect(node.visit === null ? '' : triesWords(node.visit, run.redrivenMs)).toBe('2 tries')
    }
  })
})
