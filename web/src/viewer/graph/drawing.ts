/** A chart as it is drawn: where everything stands. Lengths in CSS pixels at 100 %, from the drawing's top left corner. */
import type { Place, StateType } from '../types'

/** Which way the states follow one another. */
export type Direction = 'down' | 'right'

export interface Point {
  x: number
  y: number
}

export interface Box extends Point {
  width: number
  height: number
}

export interface DrawnState extends Box {
  place: Place
  name: string
  type: StateType
  parent: Place | null
  /** Its name in one line or two. */
  lines: string[]
  /** What it is, below its name: `Task`, or whom it asks. */
  detail: string
  isDistributed: boolean
  /** Whether a flow ends with it. */
  isEnd: boolean
  /** Around how many it stands: 0 for the machine's own. */
  depth: number
  /** Height of what stands above the bodies of a Map or Parallel state; 0 for all others. */
  header: number
  /** One for each body of a Map or Parallel state, in the definition's order. */
  lanes: Box[]
  /** Where the picker of a Map state's iterations has room. */
  picker: Box | null
}

export interface DrawnLabel extends Box {
  /** As much of it as there is room for. */
  text: string
}

export interface DrawnEdge {
  /** Unique in the drawing. */
  id: string
  from: Place
  to: Place
  isCatch: boolean
  /** All of what leads along it, in the definition's order, in words; empty for a plain `next`. */
  meaning: string
  /** From border to border. */
  points: Point[]
  /** The same as an SVG path, with round corners, and the tip that it ends in. */
  path: string
  tip: string
  label: DrawnLabel | null
}

export interface Drawing {
  direction: Direction
  width: number
  height: number
  /** Where it begins: a dot, and the line to the first state. `null` for a machine without states. */
  start: { dot: Point; path: string; tip: string; to: Place } | null
  /** Whoever contains others comes before them. */
  states: DrawnState[]
  edges: DrawnEdge[]
}
