/**
 * Where everything of a chart stands. Each body of a Map or Parallel state is laid out by itself, from the innermost
 * outwards, and then is a node of the flow around it. Branches stand side by side in the definition's order.
 */
import type { ElkExtendedEdge, ElkNode, ElkPoint, ElkPort } from 'elkjs/lib/elk-api'
import type { Chart, ChartFlow, ChartState, Place } from '../types'
import type { Box, Direction, DrawnEdge, DrawnState, Drawing, Point } from './drawing'
import type { Engine } from './engine'
import { inOrder, linesOf, type Line } from './lines'
import { drawnLine, straightened } from './paths'
import { EMPTY_LANE, headerSize, labelSize, LANE_GAP, MARGIN, nodeHeight, nodeWidth, PICKER, START_DOT, wording } from './sizes'

/** The dot that a machine begins with. No place is called so: places begin with a slash. */
const START = 'start'

/** A part of the drawing, seen from its own top left corner. */
interface Part {
  width: number
  height: number
  states: DrawnState[]
  edges: DrawnEdge[]
}

/** A node before it has its place. */
interface Piece {
  state: DrawnState
  inside: Part
}

/** Lays a chart out. Rejects when the engine does. */
export async function layOut(chart: Chart, direction: Direction, engine: Engine): Promise<Drawing> {
  const { start, ...part } = await layOutFlow(chart, chart.flow, 0, direction, engine, true)
  const { states, edges } = shifted(part, MARGIN, MARGIN)
  return { direction, width: part.width + 2 * MARGIN, height: part.height + 2 * MARGIN, start: start === null ? null : begun(start, MARGIN), states, edges }
}

async function layOutFlow(chart: Chart, flow: ChartFlow, depth: number, direction: Direction, engine: Engine, isWhole: boolean) {
  const states = flow.states.flatMap((place) => chart.states.get(place) ?? [])
  const lines = linesOf(flow, chart.states)
  const width = nodeWidth(states.filter(({ flows }) => flows.length === 0))
  const pieces = new Map<Place, Piece>()
  for (const piece of await Promise.all(states.map((state) => pieceOf(chart, state, width, depth, direction, engine)))) {
    piece.state.isEnd = !lines.some((line) => line.from === piece.state.place && !line.isCatch)
    pieces.set(piece.state.place, piece)
  }
  if (pieces.size === 0) return { ...EMPTY_LANE, states: [], edges: [], start: null }
  const order = inOrder(flow, lines)
  const laid = await engine(graphOf(order, pieces, lines, direction, isWhole ? flow.start : null))
  return placed(laid, pieces, lines, isWhole ? flow.start : null)
}

async function pieceOf(chart: Chart, state: ChartState, width: number, depth: number, direction: Direction, engine: Engine): Promise<Piece> {
  const drawn = (box: Box, words: { lines: string[]; detail: string }): DrawnState => ({
    ...box, ...words, place: state.place, name: state.name, type: state.type, parent: state.parent, isDistributed: state.isDistributed,
    isEnd: false, depth, header: 0, lanes: [], picker: null,
  })
  if (state.flows.length === 0) {
    const words = wording(state, width)
    return { state: drawn({ x: 0, y: 0, width, height: nodeHeight(words) }, words), inside: { width: 0, height: 0, states: [], edges: [] } }
  }
  const bodies = await Promise.all(state.flows.map((flow) => layOutFlow(chart, flow, depth + 1, direction, engine, false)))
  return containerOf(state, bodies, direction, drawn)
}

/** A Map or Parallel state around its bodies. */
function containerOf(
  state: ChartState,
  bodies: readonly Part[],
  direction: Direction,
  drawn: (box: Box, words: { lines: string[]; detail: string }) => DrawnState,
): Piece {
  const header = headerSize(state)
  const lanes: Box[] = []
  const inside: Part = { width: 0, height: 0, states: [], edges: [] }
  const isAcross = direction === 'down'
  const across = Math.max(...bodies.map(({ width }) => width))
  const along = Math.max(...bodies.map(({ height }) => height))
  const sum = bodies.reduce((all, { width, height }) => all + (isAcross ? width : height) + 2 * LANE_GAP, LANE_GAP * (bodies.length - 1))
  const width = Math.max(header.width, (isAcross ? sum : across + 2 * LANE_GAP) + 2 * LANE_GAP)
  // Under a wider header the bodies share what is left.
  const more = isAcross ? (width - sum - 2 * LANE_GAP) / Math.max(1, bodies.length) : 0
  let x = LANE_GAP
  let y = header.height
  for (const body of bodies) {
    const lane = isAcross
      ? { x, y, width: body.width + 2 * LANE_GAP + more, height: along + 2 * LANE_GAP }
      : { x, y, width: width - 2 * LANE_GAP, height: body.height + 2 * LANE_GAP }
    lanes.push(lane)
    const part = shifted(body, lane.x + (lane.width - body.width) / 2, lane.y + LANE_GAP)
    inside.states.push(...part.states)
    inside.edges.push(...part.edges)
    if (isAcross) x += lane.width + LANE_GAP
    else y += lane.height + LANE_GAP
  }
  const last = lanes.at(-1)
  const height = (last === undefined ? header.height : last.y + last.height) + LANE_GAP
  const container = drawn({ x: 0, y: 0, width, height }, wording(state, width))
  const picker = header.pickerTop === null ? null : { x: LANE_GAP, y: header.pickerTop, width: PICKER.width, height: PICKER.height }
  return { state: { ...container, header: header.height, lanes, picker }, inside }
}

/** The flow as ELK takes it. */
function graphOf(order: readonly Place[], pieces: ReadonlyMap<Place, Piece>, lines: readonly Line[], direction: Direction, start: Place | null): ElkNode {
  const [inSide, outSide] = direction === 'down' ? ['NORTH', 'SOUTH'] : ['WEST', 'EAST']
  const port = (id: string, side: string, at: Partial<Point>): ElkPort => ({ id, width: 0, height: 0, ...at, layoutOptions: { 'elk.port.side': side } })
  const children: ElkNode[] = order.flatMap((place) => {
    const piece = pieces.get(place)
    if (piece === undefined) return []
    const { width, height } = piece.state
    const ports = portsOf(place, lines, place === start)
    // Several ways on are put in an order by ELK. Where there is one way on, it goes straight through the middle.
    const isStraight = ports.filter(({ isOut, isCatch }) => isOut && !isCatch).length <= 1
    return {
      id: place,
      width,
      height,
      ports: ports.map(({ id, isOut, share }) => port(id, isOut ? outSide : inSide, isStraight ? pointAt(piece.state, direction, isOut, share) : {})),
      layoutOptions: { 'elk.portConstraints': isStraight ? 'FIXED_POS' : 'FIXED_SIDE' },
    }
  })
  const edges: ElkExtendedEdge[] = lines.map((line, number) => {
    const { text, width, height } = labelSize(line.short)
    return {
      id: String(number),
      sources: [outPort(number)],
      targets: [inPort(line.to, line.isCatch)],
      labels: text === '' ? [] : [{ text, width, height, layoutOptions: { 'elk.edgeLabels.inline': 'true' } }],
      layoutOptions: line.isCatch ? ASIDE : ONWARDS,
    }
  })
  if (start !== null && pieces.has(start)) {
    children.unshift({ id: START, width: START_DOT, height: START_DOT, ports: [port(outPort(START), outSide, {})], layoutOptions: { 'elk.portConstraints': 'FIXED_SIDE' } })
    edges.push({ id: START, sources: [outPort(START)], targets: [inPort(start, false)], layoutOptions: ONWARDS })
  }
  const placement = lines.length > LINES_MANY ? 'LINEAR_SEGMENTS' : 'NETWORK_SIMPLEX'
  return { id: 'flow', children, edges, layoutOptions: { ...OPTIONS[direction], 'elk.layered.nodePlacement.strategy': placement } }
}

/** Where lines begin and end at a state. */
interface Port {
  id: string
  isOut: boolean
  isCatch: boolean
  /** Where on its side, from 0 to 1. */
  share: number
}

/** What goes well comes and goes in the middle; errors do beside it. */
function portsOf(place: Place, lines: readonly Line[], isStart: boolean): Port[] {
  const ports: Port[] = []
  const to = lines.filter((line) => line.to === place)
  if (isStart || to.some(({ isCatch }) => !isCatch)) ports.push({ id: inPort(place, false), isOut: false, isCatch: false, share: 0.5 })
  if (to.some(({ isCatch }) => isCatch)) ports.push({ id: inPort(place, true), isOut: false, isCatch: true, share: ports.length === 0 ? 0.5 : 0.75 })
  const from = lines.flatMap((line, number) => (line.from === place ? [{ line, number }] : []))
  const catches = from.filter(({ line }) => line.isCatch).length
  let caught = 0
  for (const { line, number } of from) {
    if (line.isCatch) caught += 1
    ports.push({ id: outPort(number), isOut: true, isCatch: line.isCatch, share: line.isCatch ? 0.5 + (0.45 * caught) / Math.max(2, catches) : 0.5 })
  }
  return ports
}

function pointAt({ width, height }: Box, direction: Direction, isOut: boolean, share: number): Point {
  return direction === 'down' ? { x: width * share, y: isOut ? height : 0 } : { x: isOut ? width : 0, y: height * share }
}

/** Lines to a state join before it, errors apart from the others. Each line leaves by itself, or one could not tell whose it is. */
function inPort(place: Place, isCatch: boolean): string {
  return `${isCatch ? 'caught' : 'in'} ${place}`
}

function outPort(line: number | string): string {
  return `out ${line}`
}

/** What goes well is short and straight; errors go around it. */
const ONWARDS = { 'elk.layered.priority.straightness': '10', 'elk.layered.priority.shortness': '10', 'elk.layered.priority.direction': '10' }
const ASIDE = { 'elk.layered.priority.straightness': '0', 'elk.layered.priority.shortness': '0', 'elk.layered.priority.direction': '0' }

/**
 * From here on nodes are put in place the quick way. The other is narrower, but of 86 states with 140 lines it took 27
 * seconds instead of two.
 */
const LINES_MANY = 70

const COMMON = {
  'elk.algorithm': 'layered',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.padding': '[top=0,left=0,bottom=0,right=0]',
  // Our own order says which lines lead back; which node stands left of which is free, for fewer crossings.
  'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
  'elk.layered.considerModelOrder.strategy': 'NONE',
  // How often the order in a layer is tried anew: more takes longer and is seldom better.
  'elk.layered.thoroughness': '3',
  'elk.spacing.nodeNode': '32',
  'elk.spacing.edgeNode': '20',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.componentComponent': '40',
  'elk.layered.spacing.nodeNodeBetweenLayers': '36',
  'elk.layered.spacing.edgeNodeBetweenLayers': '18',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
  // The same chart gives the same drawing.
  'elk.randomSeed': '1',
}
const OPTIONS: Record<Direction, Record<string, string>> = {
  down: { ...COMMON, 'elk.direction': 'DOWN' },
  right: { ...COMMON, 'elk.direction': 'RIGHT', 'elk.layered.spacing.nodeNodeBetweenLayers': '44' },
}

/** What ELK answered, with each piece in its place. */
function placed(laid: ElkNode, pieces: ReadonlyMap<Place, Piece>, lines: readonly Line[], start: Place | null) {
  const part: Part = { width: laid.width ?? 0, height: laid.height ?? 0, states: [], edges: [] }
  let dot: Point | null = null
  for (const { id, x = 0, y = 0 } of laid.children ?? []) {
    if (id === START) dot = { x: x + START_DOT / 2, y: y + START_DOT / 2 }
    const piece = pieces.get(id)
    if (piece === undefined) continue
    part.states.push({ ...piece.state, ...movedBoxes(piece.state, x, y) })
    const inside = shifted(piece.inside, x, y)
    part.states.push(...inside.states)
    part.edges.push(...inside.edges)
  }
  let lead: Point[] = []
  for (const edge of laid.edges ?? []) {
    const points = straightened(pointsOf(edge))
    if (edge.id === START) lead = points
    const line = lines[Number(edge.id)]
    if (line === undefined) continue
    const label = edge.labels?.[0]
    part.edges.push({
      id: `${line.from}\n${line.to}${line.isCatch ? '\ncatch' : ''}`,
      from: line.from,
      to: line.to,
      isCatch: line.isCatch,
      meaning: line.meaning,
      points,
      ...drawnLine(points),
      label: label === undefined ? null : { text: label.text ?? '', x: label.x ?? 0, y: label.y ?? 0, width: label.width ?? 0, height: label.height ?? 0 },
    })
  }
  return { ...part, start: dot === null || start === null ? null : { dot, lead, to: start } }
}

/** How it begins, that far from the drawing's corner. */
function begun({ dot, lead, to }: { dot: Point; lead: Point[]; to: Place }, margin: number): Drawing['start'] {
  const moved = ({ x, y }: Point): Point => ({ x: x + margin, y: y + margin })
  return { dot: moved(dot), ...drawnLine(lead.map(moved)), to }
}

function pointsOf(edge: ElkExtendedEdge): Point[] {
  return (edge.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }): ElkPoint[] => [startPoint, ...bendPoints, endPoint])
}

function shifted<P extends Part>(part: P, dx: number, dy: number): P {
  const edges = part.edges.map((edge) => {
    const points = edge.points.map(({ x, y }) => ({ x: x + dx, y: y + dy }))
    return { ...edge, points, ...drawnLine(points), label: edge.label === null ? null : { ...edge.label, x: edge.label.x + dx, y: edge.label.y + dy } }
  })
  return { ...part, states: part.states.map((state) => ({ ...state, ...movedBoxes(state, dx, dy) })), edges }
}

function movedBoxes(state: DrawnState, dx: number, dy: number): Pick<DrawnState, 'x' | 'y' | 'lanes' | 'picker'> {
  const moved = (box: Box): Box => ({ ...box, x: box.x + dx, y: box.y + dy })
  return { x: state.x + dx, y: state.y + dy, lanes: state.lanes.map(moved), picker: state.picker === null ? null : moved(state.picker) }
}
