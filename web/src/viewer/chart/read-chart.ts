/**
 * A definition in the Amazon States Language as a chart: its states, what follows on what, and what lies within what.
 *
 * Nothing is thrown. What cannot be drawn at all is a problem with its place; what can be left out is left out and listed in
 * `problems`, because half a picture helps whoever looks for the mistake.
 */
import type { Chart, ChartEdge, ChartFlow, ChartProblem, ChartState, Place, StateType } from '../types'
import { callOf, callWords } from './call'
import { conditionWords, shortened } from './condition'
import { isObject, listOf, memberOf, textOf, type Json } from './json'
import { placeIn } from './place'

const TYPES: readonly StateType[] = ['Pass', 'Task', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map']

/** States within states; deeper than any service takes. */
const DEPTH_MAX = 200

/** Whether a definition could not be drawn. */
export function isProblem(read: Chart | ChartProblem): read is ChartProblem {
  return 'problem' in read
}

/** @param definition the definition, or its JSON text */
export function readChart(definition: unknown): Chart | ChartProblem {
  let machine = definition
  if (typeof machine === 'string') {
    const text = machine
    try {
      machine = JSON.parse(text)
    } catch (error) {
      return { problem: 'The definition is not JSON.', place: whereInText(text, error) }
    }
  }
  if (!isObject(machine)) return { problem: 'The definition is not a JSON object.', place: '' }
  if (!isObject(machine['States'])) return { problem: 'The definition has no states: "States" is not an object.', place: 'States' }
  const chart: Chart = {
    comment: textOf(machine['Comment']),
    flow: { start: null, states: [], edges: [] },
    states: new Map(),
    timeoutS: typeof machine['TimeoutSeconds'] === 'number' ? machine['TimeoutSeconds'] : null,
    problems: [],
  }
  chart.flow = new Reader(chart).flow(machine, null, 0, '', 0)
  return chart
}

class Reader {
  constructor(private readonly chart: Chart) {}

  /** States that follow one another; `within` is their place in the JSON. */
  flow(body: Json, parent: Place | null, index: number, within: string, depth: number): ChartFlow {
    const flow: ChartFlow = { start: null, states: [], edges: [] }
    const states = isObject(body['States']) ? body['States'] : {}
    if (!isObject(body['States'])) this.#problem('It has no states: "States" is not an object.', `${within}States`)
    if (depth > DEPTH_MAX) {
      this.#problem('States lie too deep within each other to be drawn.', `${within}States`)
      return flow
    }
    for (const [name, state] of Object.entries(states)) {
      const place = placeIn(parent, index, name)
      const at = `${within}States.${name}`
      if (!isObject(state)) {
        this.#problem('A state is not a JSON object; it is left out.', at)
        continue
      }
      flow.states.push(place)
      this.#state(place, name, state, parent, at, depth)
    }
    const start = textOf(body['StartAt'])
    if (start !== null && Object.hasOwn(states, start)) flow.start = placeIn(parent, index, start)
    else this.#problem(start === null ? 'It does not say where to start.' : `It starts at "${start}", which is not among its states.`, `${within}StartAt`)
    for (const [name, state] of Object.entries(states)) {
      if (!isObject(state)) continue
      const edges = new Edges(placeIn(parent, index, name), (to) => (Object.hasOwn(states, to) ? placeIn(parent, index, to) : null))
      this.#edges(state, edges, `${within}States.${name}`)
      flow.edges.push(...edges.all)
      for (const { to, at } of edges.missing) this.#problem(`It leads to "${to}", which is not among the states beside it.`, at)
    }
    return flow
  }

  #state(place: Place, name: string, definition: Json, parent: Place | null, at: string, depth: number): void {
    const said = definition['Type']
    const type = TYPES.find((known) => known === said)
    if (type === undefined) this.#problem(`Its type ${JSON.stringify(said) ?? 'is missing and'} is not known; it is drawn as a task.`, `${at}.Type`)
    const call = type === 'Task' ? callOf(definition) : null
    const mode = memberOf(memberOf(definition['ItemProcessor'], 'ProcessorConfig'), 'Mode')
    const state: ChartState = {
      place,
      name,
      type: type ?? 'Task',
      resource: call === null ? textOf(definition['Resource']) : callWords(call),
      comment: textOf(definition['Comment']),
      parent,
      flows: [],
      isDistributed: type === 'Map' && mode === 'DISTRIBUTED',
      definition,
    }
    // Before what lies within it, so that the states are in the order of reading.
    this.chart.states.set(place, state)
    if (type === 'Parallel') {
      listOf(definition['Branches']).forEach((branch, index) => {
        const within = `${at}.Branches[${index}]`
        if (isObject(branch)) state.flows.push(this.flow(branch, place, index, `${within}.`, depth + 1))
        else this.#problem('A branch is not a JSON object.', within)
      })
      if (!Array.isArray(definition['Branches'])) this.#problem('A Parallel state has no branches.', `${at}.Branches`)
    }
    if (type === 'Map') {
      const name = isObject(definition['ItemProcessor']) ? 'ItemProcessor' : 'Iterator'
      const body = definition[name]
      if (isObject(body)) state.flows.push(this.flow(body, place, 0, `${at}.${name}.`, depth + 1))
      else this.#problem('A Map state has neither an ItemProcessor nor an Iterator.', `${at}.ItemProcessor`)
    }
  }

  #edges(state: Json, edges: Edges, at: string): void {
    if (state['Type'] === 'Choice') {
      listOf(state['Choices']).forEach((rule, index) => edges.add(memberOf(rule, 'Next'), 'choice', conditionWords(rule), `${at}.Choices[${index}].Next`))
      edges.add(state['Default'], 'default', 'otherwise', `${at}.Default`)
    } else {
      edges.add(state['Next'], 'next', '', `${at}.Next`)
    }
    listOf(state['Catch']).forEach((catcher, index) => {
      const errors = listOf(memberOf(catcher, 'ErrorEquals')).map((name) => (name === 'States.ALL' ? 'any error' : String(name)))
      edges.add(memberOf(catcher, 'Next'), 'catch', errors.join(', '), `${at}.Catch[${index}].Next`)
    })
  }

  #problem(problem: string, place: string): void {
    this.chart.problems.push({ problem, place })
  }
}

/** The edges of one state, one for each kind and aim. */
class Edges {
  readonly all: ChartEdge[] = []
  /** Aims that are not there. */
  readonly missing: { to: string; at: string }[] = []

  constructor(
    private readonly from: Place,
    private readonly placeOf: (name: string) => Place | null,
  ) {}

  add(aim: unknown, kind: ChartEdge['kind'], label: string, at: string): void {
    const name = textOf(aim)
    if (name === null) return
    const to = this.placeOf(name)
    if (to === null) {
      this.missing.push({ to: name, at })
      return
    }
    const same = this.all.find((edge) => edge.to === to && edge.kind === kind)
    if (same === undefined) this.all.push({ from: this.from, to, kind, label: shortened(label) })
    else same.label = shortened([same.label, label].filter((part) => part !== '').join(kind === 'catch' ? ', ' : ' or '))
  }
}

/** `line 3, column 7`, if the browser says where JSON is broken. */
function whereInText(text: string, error: unknown): string {
  const said = error instanceof Error ? error.message : ''
  const lines = /line (\d+) column (\d+)/.exec(said)
  if (lines !== null) return `line ${lines[1]}, column ${lines[2]}`
  const position = /position (\d+)/.exec(said)
  const at = position === null ? (/end of JSON|end of input/i.test(said) ? text.length : null) : Number(position[1])
  if (at === null) return ''
  const before = text.slice(0, at).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}
