/** Which lines are drawn between the states of a flow, and in which order its states are looked at. */
import type { ChartEdge, ChartFlow, ChartState, Place } from '../types'

/** All that leads from one state to another the same way. */
export interface Line {
  from: Place
  to: Place
  isCatch: boolean
  /** In words; empty for a plain `next`. */
  meaning: string
  /** What of it stands at the line: an error may be any, and of several the first is named. */
  short: string
}

const ANY_ERROR = 'any error'

/** Choices, or catchers, that lead to the same state are one line: a history does not tell them apart either. */
export function linesOf(flow: ChartFlow, states: ReadonlyMap<Place, ChartState>): Line[] {
  const known = new Set(flow.states)
  const lines = new Map<string, { line: Omit<Line, 'meaning' | 'short'>; words: string[] }>()
  for (const edge of flow.edges) {
    // Which state is missing is what a validator says; here nothing leads there.
    if (!known.has(edge.from) || !known.has(edge.to)) continue
    const isCatch = edge.kind === 'catch'
    const key = JSON.stringify([edge.from, edge.to, isCatch])
    const entry = lines.get(key) ?? { line: { from: edge.from, to: edge.to, isCatch }, words: [] }
    entry.words.push(...wordsOf(edge, states).filter((word) => word !== '' && !entry.words.includes(word)))
    lines.set(key, entry)
  }
  return [...lines.values()].map(({ line, words }) => ({ ...line, meaning: words.join(line.isCatch ? ', ' : ' or '), short: shortOf(line.isCatch, words) }))
}

function wordsOf(edge: ChartEdge, states: ReadonlyMap<Place, ChartState>): string[] {
  if (edge.kind === 'default') return [edge.label === '' ? 'otherwise' : edge.label]
  if (edge.kind !== 'catch') return [edge.label]
  const errors = errorsOf(states.get(edge.from), states.get(edge.to))
  return (errors.length === 0 ? [edge.label] : errors).map((error) => (error === 'States.ALL' ? ANY_ERROR : error))
}

/** All errors that lead from one state to another; an edge's label may have been cut. */
function errorsOf(from: ChartState | undefined, to: ChartState | undefined): string[] {
  const catchers: unknown = from?.definition['Catch']
  if (!Array.isArray(catchers)) return []
  return catchers.flatMap((catcher: unknown) => {
    if (typeof catcher !== 'object' || catcher === null || !('Next' in catcher) || catcher.Next !== to?.name) return []
    const errors: unknown = 'ErrorEquals' in catcher ? catcher.ErrorEquals : []
    return Array.isArray(errors) ? errors.filter((error: unknown) => typeof error === 'string') : []
  })
}

/** That any error leads there goes without saying: the line is dashed. */
function shortOf(isCatch: boolean, words: readonly string[]): string {
  if (!isCatch) return words.join(' or ')
  const [first, ...others] = words
  if (first === undefined || words.includes(ANY_ERROR)) return ''
  return others.length === 0 ? first : `${first} +${others.length}`
}

/**
 * The states in an order in which lines lead forwards wherever that is possible: what begins comes first, what only an error
 * leads to comes late, and a loop leads back to where it was entered. States that nothing leads to come last.
 */
export function inOrder(flow: ChartFlow, lines: readonly Line[]): Place[] {
  const onwards = new Map<Place, Place[]>()
  // What was visited first comes last among its siblings: catchers are followed first.
  for (const line of [...lines.filter(({ isCatch }) => isCatch), ...lines.filter(({ isCatch }) => !isCatch).reverse()]) {
    const targets = onwards.get(line.from)
    if (targets === undefined) onwards.set(line.from, [line.to])
    else targets.push(line.to)
  }
  const seen = new Set<Place>()
  const left: Place[] = []
  function follow(begin: Place): void {
    // A stack of its own: a machine may be a chain of thousands.
    const open = [{ place: begin, next: 0 }]
    seen.add(begin)
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const to = onwards.get(top.place)?.[top.next]
      top.next += 1
      if (to === undefined) {
        left.push(top.place)
        open.pop()
      } else if (!seen.has(to)) {
        seen.add(to)
        open.push({ place: to, next: 0 })
      }
    }
  }
  if (flow.start !== null && flow.states.includes(flow.start)) follow(flow.start)
  const reached = left.splice(0).reverse()
  for (const place of flow.states) {
    if (!seen.has(place)) {
      follow(place)
      reached.push(...left.splice(0).reverse())
    }
  }
  return reached
}
