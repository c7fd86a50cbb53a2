/** The visits of a run as they lie within each other, while a history is being read. */
import { nameOf } from '../chart/place'
import type { Attempt, Fate, Place, Visit } from '../types'

/** One way through a flow: the machine's own, a branch's or an iteration's, in one round of its state. */
export interface Scope {
  readonly parent: Node | null
  readonly flow: number
  /** Of a Map's iteration; `null` for others, -1 where it is not known. */
  readonly iteration: number | null
  readonly iterations: number[]
  /** The newest visit in it. */
  last: Node | null
  /** Visits that were under way when another one was entered: a flow of which the history does not tell all, or several taken for one. */
  loose: Node[]
}

/** A visit, and what is known of it while it is read. */
export interface Node {
  readonly visit: Visit
  readonly name: string
  readonly type: string
  readonly scope: Scope
  /** Branches or iterations of the present round. */
  inner: Map<string, Scope>
  /** Nothing more comes of it. */
  isOver: boolean
  /** Its work or what lies within it failed last. */
  hasFailed: boolean
  /** How it stood when its execution ended, once that was redriven and nothing has come of it yet. */
  before: Pick<Visit, 'leftMs' | 'fate' | 'error' | 'cause'> | null
}

export function rootScope(): Scope {
  return { parent: null, flow: 0, iteration: null, iterations: [], last: null, loose: [] }
}

/** The way through one of a state's flows; made if there is none in this round. */
export function innerScope(parent: Node, flow: number, iteration: number | null): Scope {
  const key = `${flow}/${iteration ?? ''}`
  const known = parent.inner.get(key)
  if (known !== undefined) return known
  const outer = parent.visit.iterations
  const scope: Scope = { parent, flow, iteration, iterations: iteration === null ? outer : [...outer, iteration], last: null, loose: [] }
  parent.inner.set(key, scope)
  return scope
}

/** A new visit, the newest of its scope. What was there before and did not go on after a redrive is as it was. */
export function entered(scope: Scope, id: number, place: Place, type: string, atMs: number): Node {
  const last = scope.last
  if (last !== null && !last.isOver) {
    if (last.before === null) scope.loose.push(last)
    else restore(last)
  }
  const cameFrom = last === null ? null : last.visit.fate === 'succeeded' || last.visit.fate === 'caught' ? last.visit.id : last.visit.cameFrom
  const node: Node = {
    visit: {
      id,
      place,
      parent: scope.parent?.visit.id ?? null,
      cameFrom,
      iterations: scope.iterations,
      enteredMs: atMs,
      leftMs: null,
      fate: type === 'Wait' ? 'waiting' : 'running',
      input: null,
      output: null,
      assigned: {},
      attempts: [],
      error: null,
      cause: null,
      events: [],
      childArn: null,
      mapRunArn: null,
      iterationFates: [],
    },
    name: nameOf(place),
    type,
    scope,
    inner: new Map(),
    isOver: false,
    hasFailed: false,
    before: null,
  }
  scope.last = node
  return node
}

/** The visits around a visit, itself first. */
export function* outward(node: Node | null): Generator<Node> {
  for (let at = node; at !== null; at = at.scope.parent) yield at
}

/** Begins a try. One that is under way has ended, though the history does not tell. */
export function began(node: Node, atMs: number, asked: string | null): Attempt {
  attemptEnded(node, atMs, 'aborted')
  const attempt: Attempt = { number: node.visit.attempts.length, beganMs: atMs, endedMs: null, fate: 'running', error: null, cause: null, asked, answered: null }
  node.visit.attempts.push(attempt)
  node.hasFailed = false
  return attempt
}

/** Ends the try that is under way, if one is. */
export function attemptEnded(node: Node, atMs: number, fate: Attempt['fate'], error: string | null = null, cause: string | null = null): void {
  const attempt = node.visit.attempts.at(-1)
  if (attempt === undefined || attempt.endedMs !== null) return
  attempt.endedMs = atMs
  attempt.fate = fate
  attempt.error = error
  attempt.cause = cause
}

/** Ends a visit, and all that is under way within it as `within`. */
export function over(node: Node, atMs: number, fate: Fate, within: 'aborted' | 'timedOut' = 'aborted'): void {
  if (node.isOver) return
  node.isOver = true
  node.before = null
  node.visit.leftMs = atMs
  node.visit.fate = fate
  if (fate !== 'succeeded' && fate !== 'caught') {
    attemptEnded(node, atMs, fate === 'failed' || fate === 'timedOut' ? fate : 'aborted', node.visit.error, node.visit.cause)
  } else attemptEnded(node, atMs, 'succeeded')
  innerOver(node, atMs, within)
}

/** Ends all that is under way within a visit. */
export function innerOver(node: Node, atMs: number, fate: 'aborted' | 'timedOut'): void {
  for (const scope of node.inner.values()) scopeOver(scope, atMs, fate)
  node.visit.iterationFates.forEach((known, index, fates) => {
    if (known === 'running' || known === 'waiting') fates[index] = fate
  })
}

/** Ends all that is under way in a scope. @returns whether there was anything */
export function scopeOver({ last, loose }: Scope, atMs: number, fate: 'aborted' | 'timedOut'): boolean {
  const open = [...loose.splice(0), ...(last === null ? [] : [last])].filter(({ isOver }) => !isOver)
  for (const node of open) over(node, atMs, fate, fate)
  return open.length > 0
}

/** The execution is redriven: what had not succeeded goes on. A Fail state is entered again. */
export function reopen(scope: Scope): void {
  const node = scope.last
  if (node === null || node.visit.fate === 'succeeded' || node.visit.fate === 'caught' || node.type === 'Fail') return
  const { visit } = node
  node.before = { leftMs: visit.leftMs, fate: visit.fate, error: visit.error, cause: visit.cause }
  node.isOver = false
  node.hasFailed = false
  visit.leftMs = null
  visit.fate = node.type === 'Wait' ? 'waiting' : 'running'
  visit.error = null
  visit.cause = null
  visit.iterationFates.forEach((fate, index, fates) => {
    if (fate !== 'succeeded') fates[index] = node.inner.has(`0/${index}`) ? 'running' : 'waiting'
  })
  for (const inner of node.inner.values()) reopen(inner)
}

/** A visit that was expected to go on did not: it is as it was when it ended. */
function restore(node: Node): void {
  if (node.before !== null) Object.assign(node.visit, node.before)
  node.before = null
  node.isOver = true
  for (const scope of node.inner.values()) {
    if (scope.last !== null && !scope.last.isOver) restore(scope.last)
  }
}
