/** Which lines of a drawing a run took. */
import type { StateLook } from '../types'
import type { DrawnEdge } from './drawing'

/**
 * The ids of the lines that were taken. A history tells from where to where, not which way: where a state leads to another
 * both by itself and by a catcher, how it fared last decides.
 */
export function takenLines(edges: readonly DrawnEdge[], taken: ReadonlySet<string>, looks: ReadonlyMap<string, StateLook>): Set<string> {
  const pairs = new Map<string, DrawnEdge[]>()
  for (const edge of edges) {
    const pair = `${edge.from}\n${edge.to}`
    if (taken.has(pair)) pairs.set(pair, [...(pairs.get(pair) ?? []), edge])
  }
  const ids = new Set<string>()
  for (const lines of pairs.values()) {
    for (const line of lines) if (lines.length === 1 || line.isCatch === (looks.get(line.from)?.fate === 'caught')) ids.add(line.id)
  }
  return ids
}
