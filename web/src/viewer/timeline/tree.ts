/** The rows of a timeline: visits within visits, with the iterations of Map states between them. */
import { around, nameOf } from '../chart/place'
import type { Chart, Child, Fate, Item, MapRun, Run, StateType, Visit } from '../types'

/** An execution that was started by another one, as far as it is known here. */
export type KnownChild = { kind: 'loading' } | { kind: 'failed'; problem: string } | { kind: 'here'; child: Child }

/** The executions of a map run, as far as they are known here. */
export interface KnownItems {
  /** By when they started. */
  items: readonly Item[]
  hasMore: boolean
  isReading: boolean
  /** Only those that ended badly are listed. */
  isBadOnly: boolean
  /** Why the latest reading came to nothing, as a sentence. */
  problem: string | null
  /** How all of them fare; `null` while that is not known. */
  facts: MapRun | null
}

/** What a row does instead of standing for something: lists further items, the bad ones only, or all of them. */
export type Asks = 'more' | 'bad' | 'all'

/** One thing that may have a row. */
export interface TimelineNode {
  /** Unique in the timeline. */
  key: string
  /** `item`: an execution of a map run. `note`: words in place of rows that are not there. `ask`: a row that does something. */
  kind: 'visit' | 'iteration' | 'item' | 'note' | 'ask'
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
  /** The execution that it started or is, which may be shown within. */
  childArn: string | null
  /** The map run whose items may be shown within; of a row that asks, the one that it asks of. */
  mapRunArn: string | null
  asks: Asks | null
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

/** What is known of executions that are shown within this one, by their ARNs and those of map runs. */
export interface Within {
  readonly children: ReadonlyMap<string, KnownChild>
  readonly items: ReadonlyMap<string, KnownItems>
}

export const NOTHING_WITHIN: Within = { children: new Map(), items: new Map() }

export function treeOf(run: Run, chart: Chart, known: Within): Tree {
  const byKey = new Map<string, TimelineNode>()
  const roots = nodesOf(run, chart, known, null, null, byKey, 0)
  const closed = new Set<string>()
  let failed = 0
  let own = 0
  // What is read into it later does not change what is open.
  for (const { inArn } of byKey.values()) if (inArn === null) own += 1
  const isLarge = own > MANY
  for (const node of byKey.values()) {
    if (node.childArn !== null || (node.mapRunArn !== null && node.kind === 'visit')) closed.add(node.key)
    if (!isLarge || node.kind !== 'iteration') continue
    if ((node.fate === 'failed' || node.fate === 'timedOut') && (failed += 1) <= FAILED_OPEN) continue
    closed.add(node.key)
  }
  return { roots, byKey, closed }
}

function nodesOf(run: Run, chart: Chart, known: Within, inArn: string | null, outer: TimelineNode | null, byKey: Map<string, TimelineNode>, depth: number): TimelineNode[] {
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
        mapRunArn: null,
        asks: null,
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
      mapRunArn: visit.mapRunArn,
      asks: null,
    })
    byVisit.set(visit.id, node)
    if (depth >= CHILD_DEPTH) continue
    if (visit.childArn !== null) addChild(node, visit.childArn, known, byKey, depth)
    if (visit.mapRunArn !== null) addItems(node, visit.mapRunArn, known, byKey, depth)
  }
  for (const node of byVisit.values()) {
    // Branches after one another, each in the order of entering.
    if (node.type === 'Parallel') node.within.sort((one, other) => flowOf(one) - flowOf(other))
    for (const iteration of node.within) if (iteration.kind === 'iteration') measure(iteration)
    if (node.type === 'Map') node.within.sort((one, other) => indexOf(one) - indexOf(other))
  }
  return roots
}

function addChild(node: TimelineNode, arn: string, known: Within, byKey: Map<string, TimelineNode>, depth: number): void {
  const child = known.children.get(arn)
  if (child?.kind === 'here') {
    nodesOf(child.child.run, child.child.chart, known, arn, node, byKey, depth + 1)
    return
  }
  const what = node.kind === 'item' ? 'This execution' : 'The execution it started'
  addWords(node, 'note', child?.kind === 'failed' ? child.problem : `${what} is being read.`, byKey)
}

function addItems(node: TimelineNode, arn: string, known: Within, byKey: Map<string, TimelineNode>, depth: number): void {
  const list = known.items.get(arn)
  if (list === undefined) {
    addWords(node, 'note', 'Its items are being read.', byKey)
    return
  }
  const { items, facts, isBadOnly } = list
  const bad = facts === null ? 0 : facts.failed + facts.timedOut + facts.aborted
  if (isBadOnly) addWords(node, 'ask', 'Show all of its items', byKey, 'all')
  else if (bad > 0 && (facts === null || bad < facts.total)) addWords(node, 'ask', `Show only the ${bad === 1 ? 'one that ended' : `${bad.toLocaleString('en')} that ended`} badly`, byKey, 'bad')
  for (const item of items) {
    const row: TimelineNode = {
      ...node,
      key: `${node.key}|${item.arn}`,
      kind: 'item',
      name: item.name,
      about: [item.failedState, item.error].filter((part) => part !== null).join(': '),
      type: null,
      fate: item.fate,
      beganMs: item.startedMs,
      endedMs: item.endedMs,
      visit: null,
      inArn: item.arn,
      parent: node,
      within: [],
      childArn: item.arn,
      mapRunArn: null,
    }
    byKey.set(row.key, row)
    node.within.push(row)
    if (depth + 1 < CHILD_DEPTH) addChild(row, item.arn, known, byKey, depth + 1)
  }
  if (list.problem !== null) addWords(node, 'note', list.problem, byKey)
  const of = isBadOnly ? bad : (facts?.total ?? 0)
  const shown = items.length.toLocaleString('en')
  if (list.hasMore) addWords(node, 'ask', `Show more${of > items.length ? `: ${shown} of ${of.toLocaleString('en')} are here` : ''}`, byKey, 'more')
  else if (list.isReading) addWords(node, 'note', items.length === 0 ? 'Its items are being read.' : 'More are being read.', byKey)
  else if (items.length === 0 && list.problem === null) addWords(node, 'note', isBadOnly ? 'None of its items ended badly.' : 'It has no items yet.', byKey)
}

function addWords(node: TimelineNode, kind: 'note' | 'ask', name: string, byKey: Map<string, TimelineNode>, asks: Asks | null = null): void {
  const words: TimelineNode = { ...node, key: `${node.key}|${asks ?? kind}`, kind, name, about: '', visit: null, parent: node, within: [], childArn: null, mapRunArn: asks === null ? null : node.mapRunArn, asks }
  byKey.set(words.key, words)
  node.within.push(words)
}

/** Whether a row is words only, and stands for nothing in time. */
export function isWords({ kind }: TimelineNode): boolean {
  return kind === 'note' || kind === 'ask'
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
