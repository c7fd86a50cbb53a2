/** The rows of a timeline: visits within visits, with the iterations of Map states between them. */
import { around, nameOf } from '../chart/place'
import type { Chart, Child, Fate, Run, StateType, Visit } from '../types'

/** An execution that was started by another one, as far as it is known here. */
export type KnownChild = { kind: 'loading' } | { kind: 'failed'; problem: string } | { kind: 'here'; child: Child }

/** One thing that may have a row. */
export interface TimelineNode {
  /** Unique in the timeline. */
  key: string
  /** `note`: words in place of rows that are not there. */
  kind: 'visit' | 'iteration' | 'note'
  name: string
  /** What it is, in a word or two. */
  about: string
  type: StateType | null
  fate: Fate
  beganMs: number
  /** `null` while it is under way. */
  endedMs: number | null
  visit: Visit | null
  /** The run it is of: the one that is looked at, or a child's. */
  run: Run
  /** The execution that it is in, if that is a child. */
  inArn: string | null
  parent: TimelineNode | null
  within: TimelineNode[]
  /** The execution that it started, which may be shown within. */
  childArn: string | null
}

export interface TimelineRow {
  node: TimelineNode
  depth: number
  /** `null` if there is nothing within. */
  isOpen: boolean | null
  /** Which of those beside it, from 1, and of how many. */
  place: number
  of: number
}

/** A tree with more than this is not all open at first. */
const MANY = 300
/** Of many iterations so many of those that failed are open at first. */
const FAILED_OPEN = 3
const CHILD_DEPTH = 8

export interface Tree {
  roots: TimelineNode[]
  byKey: ReadonlyMap<string, TimelineNode>
  /** Keys of what is closed at first. */
  closed: ReadonlySet<string>
}

export function treeOf(run: Run, chart: Chart, children: ReadonlyMap<string, KnownChild>): Tree {
  const byKey = new Map<string, TimelineNode>()
  const roots = nodesOf(run, chart, children, null, null, byKey, 0)
  const closed = new Set<string>()
  let failed = 0
  const isLarge = byKey.size > MANY
  for (const node of byKey.values()) {
    if (node.kind === 'visit' && node.childArn !== null) closed.add(node.key)
    if (!isLarge || node.kind !== 'iteration') continue
    if ((node.fate === 'failed' || node.fate === 'timedOut') && (failed += 1) <= FAILED_OPEN) continue
    closed.add(node.key)
  }
  return { roots, byKey, closed }
}

function nodesOf(run: Run, chart: Chart, children: ReadonlyMap<string, KnownChild>, inArn: string | null, outer: TimelineNode | null, byKey: Map<string, TimelineNode>, depth: number): TimelineNode[] {
  const roots: TimelineNode[] = []
  const byVisit = new Map<number, TimelineNode>()
  const start = inArn === null ? '' : `${outer?.key ?? ''}|${inArn}|`
  function add(node: TimelineNode): TimelineNode {
    byKey.set(node.key, node)
    if (node.parent === null) roots.push(node)
    else node.parent.within.push(node)
    return node
  }
  function iterationOf(map: TimelineNode, index: number): TimelineNode {
    const key = `${map.key}#${index}`
    const fate = index < 0 ? 'succeeded' : (map.visit?.iterationFates[index] ?? map.fate)
    return (
      byKey.get(key) ??
      add({
        key,
        kind: 'iteration',
        name: index < 0 ? 'Some iteration' : `Iteration ${index + 1}`,
        about: '',
        type: null,
        fate,
        beganMs: Infinity,
        endedMs: null,
        visit: null,
        run,
        inArn,
        parent: map,
        within: [],
        childArn: null,
      })
    )
  }
  for (const visit of run.visits) {
    const state = chart.states.get(visit.place)
    const holder = visit.parent === null ? undefined : byVisit.get(visit.parent)
    const isIteration = holder?.visit != null && holder.visit.iterations.length < visit.iterations.length
    const parent = holder === undefined ? outer : isIteration ? iterationOf(holder, visit.iterations.at(-1) ?? -1) : holder
    const branch = holder?.type === 'Parallel' ? around(visit.place)?.flow : undefined
    const node = add({
      key: `${start}${visit.id}`,
      kind: 'visit',
      name: state?.name ?? nameOf(visit.place),
      about: branch === undefined ? '' : `branch ${branch + 1}`,
      type: state?.type ?? null,
      fate: visit.fate,
      beganMs: visit.enteredMs,
      endedMs: visit.leftMs,
      visit,
      run,
      inArn,
      parent,
      within: [],
      childArn: visit.childArn,
    })
    byVisit.set(visit.id, node)
    if (visit.childArn !== null && depth < CHILD_DEPTH) addChild(node, visit.childArn, children, byKey, depth)
  }
  for (const node of byVisit.values()) {
    // Branches after one another, each in the order of entering.
    if (node.type === 'Parallel') node.within.sort((one, other) => flowOf(one) - flowOf(other))
    for (const iteration of node.within) if (iteration.kind === 'iteration') measure(iteration)
    if (node.type === 'Map') node.within.sort((one, other) => indexOf(one) - indexOf(other))
  }
  return roots
}

function addChild(node: TimelineNode, arn: string, children: ReadonlyMap<string, KnownChild>, byKey: Map<string, TimelineNode>, depth: number): void {
  const known = children.get(arn)
  if (known?.kind === 'here') {
    nodesOf(known.child.run, known.child.chart, children, arn, node, byKey, depth + 1)
    return
  }
  const note: TimelineNode = {
    ...node,
    key: `${node.key}|note`,
    kind: 'note',
    name: known?.kind === 'failed' ? known.problem : 'The execution it started is being read.',
    about: '',
    visit: null,
    parent: node,
    within: [],
    childArn: null,
  }
  byKey.set(note.key, note)
  node.within.push(note)
}

/** An iteration lasts from its first state's entering to its last one's leaving. */
function measure(iteration: TimelineNode): void {
  let endedMs: number | null = -Infinity
  for (const { beganMs, endedMs: end } of iteration.within) {
    iteration.beganMs = Math.min(iteration.beganMs, beganMs)
    endedMs = end === null || endedMs === null ? null : Math.max(endedMs, end)
  }
  const isUnderWay = iteration.fate === 'running' || iteration.fate === 'waiting'
  iteration.endedMs = isUnderWay ? null : endedMs
}

function flowOf({ visit }: TimelineNode): number {
  return visit === null ? 0 : (around(visit.place)?.flow ?? 0)
}

function indexOf(node: TimelineNode): number {
  return node.kind === 'iteration' ? Number(node.key.slice(node.key.lastIndexOf('#') + 1)) : 0
}

/** The rows that are seen when these are opened and closed otherwise than at first. */
export function rowsOf(tree: Tree, turned: ReadonlyMap<string, boolean>): TimelineRow[] {
  const rows: TimelineRow[] = []
  function add(nodes: readonly TimelineNode[], depth: number): void {
    nodes.forEach((node, index) => {
      const isOpen = node.within.length === 0 ? null : (turned.get(node.key) ?? !tree.closed.has(node.key))
      rows.push({ node, depth, isOpen, place: index + 1, of: nodes.length })
      if (isOpen === true) add(node.within, depth + 1)
    })
  }
  add(tree.roots, 0)
  return rows
}
