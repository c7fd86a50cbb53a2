/** Where the arrow keys lead in a drawing. */
import type { Place } from '../types'
import type { Box, DrawnEdge, DrawnState, Point } from './drawing'

export type Way = 'up' | 'down' | 'left' | 'right'

const WAYS: Record<string, Way> = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' }

/** What is beside counts so much more than what is ahead. */
const ASIDE = 5
/** A line between two makes them so much nearer. */
const ALONG_LINE = 0.4

/** The way of an arrow key, `undefined` for other keys. */
export function wayOf(key: string): Way | undefined {
  return WAYS[key]
}

/** The state that one comes to: the nearest that way, rather along a line than beside it. `undefined` at the edge. */
export function nextState(states: readonly DrawnState[], edges: readonly DrawnEdge[], from: Place, way: Way): Place | undefined {
  const here = states.find(({ place }) => place === from)
  if (here === undefined) return undefined
  const linked = new Set(edges.flatMap((edge) => (edge.from === from ? [edge.to] : edge.to === from ? [edge.from] : [])))
  let nearest: Place | undefined
  let least = Infinity
  for (const state of states) {
    const ahead = distanceAhead(faceOf(here), faceOf(state), way)
    if (state === here || ahead === undefined) continue
    const cost = ahead * (linked.has(state.place) ? ALONG_LINE : 1)
    if (cost < least) [nearest, least] = [state.place, cost]
  }
  return nearest
}

/** What is looked at of a state: of a Map or Parallel state its header, because others stand in it. */
export function faceOf(state: DrawnState): Box {
  return state.header > 0 ? { ...state, height: state.header } : state
}

function middleOf({ x, y, width, height }: Box): Point {
  return { x: x + width / 2, y: y + height / 2 }
}

function distanceAhead(here: Box, there: Box, way: Way): number | undefined {
  const [from, to] = [middleOf(here), middleOf(there)]
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const isUpright = way === 'up' || way === 'down'
  const ahead = isUpright ? dy : dx
  // How far one is out of the other's way: nothing as long as they lie one behind the other.
  const aside = isUpright ? gap(here.x, here.width, there.x, there.width) : gap(here.y, here.height, there.y, there.height)
  const forward = way === 'up' || way === 'left' ? -ahead : ahead
  return forward < 8 ? undefined : forward + aside * ASIDE + Math.abs(isUpright ? dx : dy) * 0.05
}

function gap(one: number, oneLength: number, other: number, otherLength: number): number {
  return Math.max(0, other - one - oneLength, one - other - otherLength)
}
