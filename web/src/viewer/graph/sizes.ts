/** How large things are in a drawing, px at 100 %. The styles of `GraphNode.vue` stand on the same figures. */
import type { ChartState } from '../types'
import { inTwoLines, shortened, textWidth } from './text'

export const NAME_PX = 13
export const DETAIL_PX = 11
export const LABEL_PX = 11
/** What stands left of a name: the sign of its type. */
export const SIGN_WIDTH = 42
/** What stands right of it: how it fared. */
export const FATE_WIDTH = 34
/** Space around the bodies of a Map or Parallel state, and between two. */
export const LANE_GAP = 16
/** Space around a drawing, for the marks on its outermost nodes. */
export const MARGIN = 20
export const START_DOT = 12

const NODE_WIDTH_MIN = 172
const NODE_WIDTH_MAX = 256
const HEIGHT_ONE_LINE = 52
const HEIGHT_TWO_LINES = 68
const HEADER_PADDING = 4
/** `3 retries` and `12×` in a header. */
const PILLS_WIDTH = 112
const PICKER_HEIGHT = 40
/** An iteration's number, its fate, a button on each side, and one to the next that failed. */
const PICKER_WIDTH = 268
const LABEL_WIDTH_MAX = 164
const LABEL_HEIGHT = 18
const LABEL_PADDING = 6
/** A body without states: not allowed, but drawn. */
export const EMPTY_LANE = { width: NODE_WIDTH_MIN, height: HEIGHT_ONE_LINE }

/** What a state shows of itself in words. */
export interface Wording {
  lines: string[]
  detail: string
}

/** Width of the nodes of one flow: that of the one that needs most, so that they stand in line. */
export function nodeWidth(states: readonly ChartState[]): number {
  const needed = states.map((state) => {
    const name = textWidth(state.name, NAME_PX, 600)
    const detail = textWidth(detailOf(state), DETAIL_PX)
    return Math.max(name, detail) + SIGN_WIDTH + FATE_WIDTH
  })
  return Math.min(NODE_WIDTH_MAX, Math.max(NODE_WIDTH_MIN, ...needed))
}

/** A state's words, as they fit in this width. */
export function wording(state: ChartState, width: number): Wording {
  const room = width - SIGN_WIDTH - FATE_WIDTH
  return { lines: inTwoLines(state.name, room, NAME_PX, 600), detail: shortened(detailOf(state), room, DETAIL_PX) }
}

export function nodeHeight({ lines }: Wording): number {
  return lines.length > 1 ? HEIGHT_TWO_LINES : HEIGHT_ONE_LINE
}

/** Room above the bodies of a Map or Parallel state: its words and, for a Map, the picker. */
export function headerSize(state: ChartState): { width: number; height: number; pickerTop: number | null } {
  const words = wording(state, NODE_WIDTH_MAX)
  const height = nodeHeight(words) + HEADER_PADDING
  const needed = Math.max(...words.lines.map((line) => textWidth(line, NAME_PX, 600)), textWidth(words.detail, DETAIL_PX)) + SIGN_WIDTH + FATE_WIDTH + PILLS_WIDTH
  if (state.type !== 'Map') return { width: Math.max(NODE_WIDTH_MIN, needed), height, pickerTop: null }
  return { width: Math.max(PICKER_WIDTH + 2 * LANE_GAP, needed), height: height + PICKER_HEIGHT, pickerTop: height }
}

export const PICKER = { width: PICKER_WIDTH, height: PICKER_HEIGHT }

/** Below a state's name: whom a Task asks, how a Map goes on, and for others what they are. */
export function detailOf(state: ChartState): string {
  if (state.type === 'Map') {
    const limit = state.definition['MaxConcurrency']
    const kind = state.isDistributed ? 'Distributed map' : 'Map'
    return typeof limit === 'number' && limit > 0 ? `${kind}, ${limit} at once` : kind
  }
  if (state.type === 'Parallel') return `Parallel, ${state.flows.length} ${state.flows.length === 1 ? 'branch' : 'branches'}`
  return state.type === 'Task' && state.resource !== null && state.resource !== '' ? state.resource : state.type
}

/** A label's text and the room it takes. */
export function labelSize(meaning: string): { text: string; width: number; height: number } {
  const text = shortened(meaning, LABEL_WIDTH_MAX - 2 * LABEL_PADDING, LABEL_PX, 600)
  return { text, width: textWidth(text, LABEL_PX, 600) + 2 * LABEL_PADDING, height: LABEL_HEIGHT }
}
