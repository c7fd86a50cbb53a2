/**
 * Reads a history: gives every event to the visit that it belongs to.
 *
 * Branches and iterations run at once, so events of many states are mixed. Each event names one before it, and so its
 * neighbourhood; from there the state is looked for outwards. Services name oddly at times: an iteration's beginning names
 * the last event of another iteration, a failed Map names an event inside of it, and events of states that were taken down
 * name the failure and not themselves. Looking outwards for what can have such an event copes with all of these.
 */
import { isObject, textOf } from '../chart/json'
import type { Chart, Fate, Place, RunEvent, Visit } from '../types'
import { detailsOf, errorOf, jsonTextOf, resourceOf, roleOf, stateTypeOf } from './event'
import { Places, type Standing } from './places'
import { attemptEnded, began, entered, innerOver, innerScope, outward, over, reopen, rootScope, scopeOver, type Node, type Scope } from './tree'
import { work } from './work'

/** Where an event happened: at which visit, and in which scope what follows it is entered. */
interface Where {
  readonly node: Node | null
  readonly scope: Scope
}

/** More than any history has events for; what claims more is not believed. */
const ITERATIONS_MAX = 100_000

export class Reader {
  readonly places: Places
  readonly visits: Visit[] = []
  readonly redrivenMs: number[] = []
  readonly taken = new Set<string>()
  /** Types that are not known here. */
  readonly strangeTypes = new Set<string>()
  /** Events that are of some state, and nobody can say of which. */
  homeless = 0
  /** Whether the execution ended while states were at work. */
  hasCutOff = false
  readonly #root = rootScope()
  /** The Map whose body is the machine's own flow, if this is the execution of one item of a distributed map. */
  #rootPlace: Place | null = null
  #rootFlow = 0
  readonly #where = new Map<number, Where>()
  readonly #byId = new Map<number, Node>()
  readonly #byName = new Map<string, Node[]>()
  /** What may be under way; what is over is taken out when it is met. */
  readonly #open = new Set<Node>()
  readonly #times = new Map<number, number>()
  /** What the events that ask for something ask. */
  readonly #asked = new Map<number, string>()
  /** Events that begin a round of branches or iterations. */
  readonly #rounds = new Set<number>()
  #lastAborted: Scope | null = null
  /** The iteration that failed with the event before. */
  #justFailed: { readonly scope: Scope; readonly id: number } | null = null
  #madeUp = 0

  /** @param ahead the name of the state that is left at the end of the chain that begins with an event; for histories with holes */
  constructor(
    private readonly chart: Chart | null,
    private readonly ahead: (event: RunEvent) => string | null,
  ) {
    this.places = new Places(chart)
  }

  /** Takes the next event, in the order of ids. */
  take(event: RunEvent): void {
    const before = this.#where.get(event.previousId) ?? { node: null, scope: this.#root }
    const details = detailsOf(event)
    const role = roleOf(event.type)
    this.#times.set(event.id, event.atMs)
    if (role === 'execution') {
      this.#execution(event, before)
      this.#where.set(event.id, { node: null, scope: this.#root })
      return
    }
    if (role === 'unknown') this.strangeTypes.add(event.type)
    let where = before
    if (role === 'entered') {
      const node = this.#entered(event, before)
      where = { node, scope: node.scope }
    } else {
      const node = this.#nodeOf(event, role, before)
      if (node === null) {
        if (role !== 'unknown') this.homeless += 1
        this.#where.set(event.id, before)
        return
      }
      where = { node, scope: node.scope }
      this.#goesOn(node)
      switch (role) {
        case 'exited':
          this.#exited(node, event)
          break
        case 'started':
          this.#started(node, event, before)
          break
        case 'ended':
          this.#ended(node, event, before)
          break
        case 'aborted':
          if (!node.isOver) over(node, event.atMs, 'aborted')
          this.#open.delete(node)
          break
        case 'iteration':
          where = this.#iteration(node, event, before)
          break
        case 'evaluation':
          this.#failing(node, errorOf(details))
          break
        case 'work':
          if (event.type.endsWith('Scheduled')) this.#asked.set(event.id, resourceOf(details))
          work(node, event)
          break
        case 'mapRun':
          work(node, event)
          break
        case 'unknown':
          break
      }
    }
    event.visit = where.node?.visit.id ?? null
    where.node?.visit.events.push(event.id)
    this.#where.set(event.id, where)
  }

  #execution(event: RunEvent, before: Where): void {
    switch (event.type) {
      case 'ExecutionFailed': {
        const { error, cause } = errorOf(detailsOf(event))
        if (before.node !== null) this.#failedFrom(before.node, null, event.atMs, error, cause)
        this.#cutOff(this.#root, event.atMs, 'aborted')
        break
      }
      case 'ExecutionAborted':
        this.#cutOff(this.#root, event.atMs, 'aborted')
        break
      case 'ExecutionTimedOut':
        this.#cutOff(this.#root, event.atMs, 'timedOut')
        break
      case 'ExecutionRedriven':
        this.redrivenMs.push(event.atMs)
        reopen(this.#root)
        for (const node of nodesIn(this.#root)) this.#open.add(node)
        break
      default:
        break
    }
  }

  /** Ends what is still at work. */
  #cutOff(scope: Scope, atMs: number, fate: 'aborted' | 'timedOut'): void {
    if (scopeOver(scope, atMs, fate)) this.hasCutOff = true
    this.#open.clear()
  }

  #entered(event: RunEvent, before: Where): Node {
    const details = detailsOf(event)
    const type = stateTypeOf(event.type)
    const name = textOf(details['name']) ?? '?'
    const { standing, scope } = this.#scopeFor(name, before, event)
    const node = entered(scope, event.id, standing.place, type, event.atMs)
    node.visit.input = jsonTextOf(details['input'])
    this.#note(node)
    this.#goesOn(scope.parent)
    if (node.visit.cameFrom !== null) {
      const from = this.#byId.get(node.visit.cameFrom)
      if (from !== undefined) this.taken.add(`${from.visit.place}\n${standing.place}`)
    }
    if (type === 'Fail') {
      const { error, cause } = this.places.failure(standing.place)
      node.visit.error = error
      node.visit.cause = cause
      node.hasFailed = true
      over(node, event.atMs, 'failed')
      this.#open.delete(node)
    }
    return node
  }

  #note(node: Node): void {
    this.visits.push(node.visit)
    this.#byId.set(node.visit.id, node)
    this.#open.add(node)
    const same = this.#byName.get(node.name)
    if (same === undefined) this.#byName.set(node.name, [node])
    else same.push(node)
  }

  /** Where a state of this name is entered after `before`. */
  #scopeFor(name: string, before: Where, event: RunEvent): { standing: Standing; scope: Scope } {
    const candidates = this.places.named(name)
    for (const standing of candidates) {
      const scope = this.#scopeAt(standing, before)
      if (scope !== null) return { standing, scope }
    }
    const first = candidates[0]
    if (first !== undefined && this.chart?.states.has(first.place) === true) {
      // The execution of one item of a distributed map has the map's body for its own flow.
      const isOwn = this.visits.length === 0 && event.previousId <= 1
      if (isOwn) {
        this.#rootPlace = first.parent
        this.#rootFlow = first.flow
        return { standing: first, scope: this.#root }
      }
      return { standing: first, scope: first.parent === null ? this.#root : innerScope(this.#newestAt(first.parent, event), first.flow, this.#iterationKey(first.parent, null)) }
    }
    // Not in the chart: as the events before it have it.
    const around = before.node
    if (around !== null && this.#rounds.has(event.previousId) && !around.isOver) {
      const flow = around.type === 'Map' ? 0 : this.places.branchOf(around.visit.place, name)
      const scope = innerScope(around, flow, around.type === 'Map' ? -1 : null)
      return { standing: this.places.seen(around.visit.place, flow, name), scope }
    }
    const scope = before.scope
    return { standing: this.places.seen(scope.parent?.visit.place ?? this.#rootPlace, scope.parent === null ? this.#rootFlow : scope.flow, name), scope }
  }

  /** The scope of a place in the neighbourhood of an event; `null` if there is none. */
  #scopeAt({ parent, flow }: Standing, before: Where): Scope | null {
    if (parent === this.#rootPlace && flow === this.#rootFlow) return this.#root
    if (parent === null) return null
    const { node } = before
    if (node !== null && node.visit.place === parent && !node.isOver) {
      if (before.scope.parent === node && before.scope.flow === flow) return before.scope
      return innerScope(node, flow, this.#iterationKey(parent, node))
    }
    for (let scope: Scope | null = before.scope; scope !== null; scope = scope.parent?.scope ?? null) {
      if (scope.parent?.visit.place === parent && scope.flow === flow && !scope.parent.isOver) return scope
    }
    const newest = this.#byName.get(this.#nameAt(parent))?.findLast((known) => known.visit.place === parent && !known.isOver)
    return newest === undefined ? null : innerScope(newest, flow, this.#iterationKey(parent, newest))
  }

  #nameAt(place: Place): string {
    return this.chart?.states.get(place)?.name ?? ''
  }

  /** Which iteration, where an event does not lead to one: the newest that is known, else one of which nothing is known. */
  #iterationKey(parent: Place, node: Node | null): number | null {
    if (this.chart?.states.get(parent)?.type !== 'Map') return null
    const newest = node === null ? undefined : [...node.inner.values()].at(-1)
    return newest?.iteration ?? -1
  }

  /** The newest visit of a place, made up if the history does not have one. */
  #newestAt(place: Place, event: RunEvent): Node {
    const known = this.#byName.get(this.#nameAt(place))?.findLast((node) => node.visit.place === place && !node.isOver)
    if (known !== undefined) return known
    return this.#makeUp(place, event)
  }

  /** A visit whose beginning is not in the history. */
  #makeUp(place: Place, event: RunEvent): Node {
    const state = this.chart?.states.get(place)
    const parent = state?.parent ?? null
    const flow = parent === null ? 0 : (this.chart?.states.get(parent)?.flows.findIndex(({ states }) => states.includes(place)) ?? 0)
    const scope = parent === null ? this.#root : innerScope(this.#newestAt(parent, event), flow, this.#iterationKey(parent, null))
    this.#madeUp -= 1
    const node = entered(scope, this.#madeUp, place, state?.type ?? stateTypeOf(event.type), event.atMs)
    this.#note(node)
    return node
  }

  /** The visit that an event other than an entering belongs to; `null` if nobody can say. */
  #nodeOf(event: RunEvent, role: ReturnType<typeof roleOf>, before: Where): Node | null {
    const details = detailsOf(event)
    const name = textOf(role === 'evaluation' ? details['state'] : details['name'])
    switch (role) {
      case 'exited':
      case 'iteration':
      case 'evaluation':
        return this.#named(name, before) ?? this.#unseen(name, event)
      case 'started':
      case 'ended': {
        const type = stateTypeOf(event.type)
        for (const node of outward(before.node)) if (node.type === type && !node.isOver) return node
        return this.#soleOpen((node) => node.type === type) ?? this.#unseen(this.ahead(event), event)
      }
      case 'aborted':
        return this.#taken(stateTypeOf(event.type), before, event.id)
      case 'work':
      case 'mapRun': {
        const type = role === 'work' ? 'Task' : 'Map'
        for (const node of outward(before.node)) {
          if (node.type === type && !node.isOver) return node
          if (role === 'work') break
        }
        return this.#goingOn(type, resourceOf(details)) ?? this.#unseen(this.ahead(event), event)
      }
      default:
        return before.node
    }
  }

  #named(name: string | null, before: Where): Node | null {
    if (name === null) return null
    for (const node of outward(before.node)) if (node.name === name && !node.isOver) return node
    return this.#byName.get(name)?.findLast((node) => !node.isOver) ?? null
  }

  /** A visit of a state that the history names without having entered it. */
  #unseen(name: string | null, event: RunEvent): Node | null {
    if (name === null) return null
    const place = this.places.named(name)[0]?.place ?? (this.chart === null ? this.places.seen(null, 0, name).place : undefined)
    return place === undefined ? null : this.#makeUp(place, event)
  }

  #soleOpen(fits: (node: Node) => boolean): Node | null {
    let found: Node | null = null
    for (const node of this.#open) {
      if (node.isOver) this.#open.delete(node)
      else if (fits(node)) {
        if (found !== null) return null
        found = node
      }
    }
    return found
  }

  /** The state of this type that was taken down: of the iteration that was taken down just before, if there is one. */
  #taken(type: string, before: Where, id: number): Node | null {
    // AWS also takes down the state that failed, next to its iteration.
    const own = this.#justFailed?.id === id - 1 ? this.#justFailed.scope.last : null
    if (own?.type === type) return own
    const failed = new Set(outward(before.node))
    // Most often it is the one that the iteration was at: found without a search.
    const direct = this.#lastAborted?.last ?? null
    if (direct !== null && !direct.isOver && direct.type === type) return direct
    let best: Node | null = null
    let isBest = false
    for (const node of this.#open) {
      if (node.isOver) {
        this.#open.delete(node)
        continue
      }
      if (node.type !== type || failed.has(node)) continue
      const isWithin = this.#lastAborted !== null && isIn(node, this.#lastAborted)
      // Of what lies within each other the inner goes first.
      if (best === null || (isWithin && !isBest) || (isWithin === isBest && isIn(node, null, best))) {
        best = node
        isBest = isWithin
      }
    }
    return best
  }

  /** After a redrive: the state that goes on, found by what it asks. */
  #goingOn(type: string, resource: string): Node | null {
    let first: Node | null = null
    for (const node of this.#open) {
      if (node.isOver) this.#open.delete(node)
      else if (node.type === type && node.before !== null) {
        const asked = node.visit.events.map((id) => this.#asked.get(id)).findLast((known) => known !== undefined)
        if (asked === undefined || asked === resource) return node
        first ??= node
      }
    }
    return first
  }

  /** A visit that has an event goes on, and so does all around it. */
  #goesOn(node: Node | null): void {
    if (this.redrivenMs.length === 0) return
    for (const at of outward(node)) {
      if (at.before === null) continue
      at.before = null
      if (at.type === 'Map' || at.type === 'Parallel') began(at, this.redrivenMs.at(-1) ?? at.visit.enteredMs, null)
    }
  }

  #exited(node: Node, event: RunEvent): void {
    const details = detailsOf(event)
    const { visit } = node
    visit.output = jsonTextOf(details['output'])
    const assigned = details['assignedVariables']
    if (isObject(assigned)) visit.assigned = Object.fromEntries(Object.entries(assigned).map(([name, value]) => [name, jsonTextOf(value) ?? 'null']))
    if (!node.hasFailed) {
      visit.error = null
      visit.cause = null
    }
    over(node, event.atMs, node.hasFailed ? 'caught' : 'succeeded')
    this.#open.delete(node)
  }

  /** A round of branches or iterations begins: the first, or another one after a failure. */
  #started(node: Node, event: RunEvent, before: Where): void {
    this.#rounds.add(event.id)
    const { visit } = node
    const last = visit.attempts.at(-1)
    if (last !== undefined && last.endedMs === null && last.beganMs === this.redrivenMs.at(-1)) {
      // It went on after a redrive, and does so with a new round.
      visit.attempts.pop()
      node.inner = new Map()
    } else if (last !== undefined) {
      const failedMs = this.#times.get(event.previousId) ?? event.atMs
      if (before.node !== null) this.#failedFrom(before.node, node, failedMs, null, null)
      attemptEnded(node, failedMs, 'failed', visit.error, visit.cause)
      innerOver(node, failedMs, 'aborted')
      node.inner = new Map()
    }
    began(node, event.atMs, null)
    visit.fate = 'running'
    const length = Number(detailsOf(event)['length'] ?? 0)
    // What a distributed map does with its items is not in this history.
    const isHere = node.type === 'Map' && this.chart?.states.get(visit.place)?.isDistributed !== true
    visit.iterationFates = isHere && length > 0 && length <= ITERATIONS_MAX ? Array.from({ length }, (): Fate => 'waiting') : []
  }

  #ended(node: Node, event: RunEvent, before: Where): void {
    if (event.type.endsWith('Succeeded')) {
      attemptEnded(node, event.atMs, 'succeeded')
      return
    }
    if (before.node !== null && before.node !== node) this.#failedFrom(before.node, node, event.atMs, null, null)
    innerOver(node, event.atMs, 'aborted')
    node.hasFailed = true
    attemptEnded(node, event.atMs, 'failed', node.visit.error, node.visit.cause)
  }

  #failing(node: Node, { error, cause }: { error: string | null; cause: string | null }): void {
    node.hasFailed = true
    node.visit.error = error
    node.visit.cause = cause
  }

  /** A failure went outwards: the visits from where it happened up to `until` (not included) failed by it. */
  #failedFrom(start: Node, until: Node | null, atMs: number, error: string | null, cause: string | null): void {
    let reason = { error, cause }
    for (const node of outward(start)) {
      // What happened inside of a state is the reason for it, whatever an earlier round failed of.
      if (node === until || (reason.error !== null && (node !== start || node.visit.error === null))) this.#failing(node, reason)
      if (node === until) return
      if (node.visit.error !== null) reason = { error: node.visit.error, cause: node.visit.cause }
      const isTimeOut = node.visit.attempts.at(-1)?.fate === 'timedOut'
      over(node, atMs, isTimeOut ? 'timedOut' : 'failed')
      this.#open.delete(node)
    }
  }

  #iteration(node: Node, event: RunEvent, before: Where): Where {
    const index = Number(detailsOf(event)['index'] ?? -1)
    const scope = innerScope(node, 0, index)
    const what = event.type.slice('MapIteration'.length)
    const fate: Fate = what === 'Started' ? 'running' : what === 'Succeeded' ? 'succeeded' : what === 'Failed' ? 'failed' : 'aborted'
    if (index >= 0 && index < ITERATIONS_MAX) {
      while (node.visit.iterationFates.length < index) node.visit.iterationFates.push('waiting')
      node.visit.iterationFates[index] = fate
    }
    if (fate === 'aborted') this.#lastAborted = scope
    if (fate === 'failed') {
      this.#justFailed = { scope, id: event.id }
      const from = before.node !== null && isIn(before.node, scope) ? before.node : scope.last
      if (from !== null) this.#failedFrom(from, node, event.atMs, null, null)
    }
    return { node, scope: fate === 'running' ? scope : node.scope }
  }
}

/** Whether a visit lies within a scope, or within another visit. */
function isIn(node: Node, scope: Scope | null, outer: Node | null = null): boolean {
  for (let at: Node | null = node; at !== null; at = at.scope.parent) {
    if (scope !== null && at.scope === scope) return true
    if (outer !== null && at !== node && at === outer) return true
  }
  return false
}

/** The visits of a scope and within it that are under way. */
function* nodesIn(scope: Scope): Generator<Node> {
  const node = scope.last
  if (node === null || node.isOver) return
  yield node
  for (const inner of node.inner.values()) yield* nodesIn(inner)
}
