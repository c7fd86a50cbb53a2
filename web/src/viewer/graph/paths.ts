/** Lines of a drawing as SVG paths. */
import type { Point } from './drawing'

/** Roundness of a line where it turns. */
const TURN = 8
const TIP_LENGTH = 8
const TIP_WIDTH = 7

/**
 * A line and its tip. The line is drawn from the tip backwards: where dashed lines join, their dashes then fall together.
 */
export function drawnLine(points: readonly Point[]): { path: string; tip: string } {
  const end = points.at(-1)
  const before = points.at(-2)
  if (end === undefined || before === undefined) return { path: '', tip: '' }
  const base = towards(end, before, Math.min(TIP_LENGTH, distance(end, before)))
  const aside = { x: ((base.y - end.y) / TIP_LENGTH) * (TIP_WIDTH / 2), y: ((base.x - end.x) / TIP_LENGTH) * (TIP_WIDTH / 2) }
  const corners = [end, { x: base.x + aside.x, y: base.y - aside.y }, { x: base.x - aside.x, y: base.y + aside.y }]
  return {
    path: roundedPath([...points.slice(0, -1), base].reverse(), TURN),
    tip: `M${corners.map(({ x, y }) => `${figure(x)} ${figure(y)}`).join('L')}Z`,
  }
}

/** A line through points, with round corners where it turns. */
export function roundedPath(points: readonly Point[], radius: number): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  let path = `M${figure(first.x)} ${figure(first.y)}`
  for (const [place, point] of rest.entries()) {
    const before = points[place] as Point
    const after = points[place + 2]
    if (after === undefined) {
      path += `L${figure(point.x)} ${figure(point.y)}`
      continue
    }
    // Two corners on one short line share it.
    const round = Math.min(radius, distance(before, point) / 2, distance(point, after) / 2)
    const inwards = towards(point, before, round)
    const outwards = towards(point, after, round)
    path += `L${figure(inwards.x)} ${figure(inwards.y)}Q${figure(point.x)} ${figure(point.y)} ${figure(outwards.x)} ${figure(outwards.y)}`
  }
  return path
}

/** Without the points that a straight line goes through anyway, and without those that come twice. */
export function straightened(points: readonly Point[]): Point[] {
  const kept: Point[] = []
  for (const point of points) {
    const last = kept.at(-1)
    if (last !== undefined && distance(last, point) < 0.5) continue
    const beforeLast = kept.at(-2)
    if (last !== undefined && beforeLast !== undefined && isOnOneLine(beforeLast, last, point)) kept.pop()
    kept.push(point)
  }
  return kept
}

/** How far two points are from one another. */
export function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y)
}

function isOnOneLine(one: Point, middle: Point, other: Point): boolean {
  return (Math.abs(one.x - middle.x) < 0.5 && Math.abs(middle.x - other.x) < 0.5) || (Math.abs(one.y - middle.y) < 0.5 && Math.abs(middle.y - other.y) < 0.5)
}

function towards(from: Point, to: Point, length: number): Point {
  const all = distance(from, to)
  const share = all === 0 ? 0 : length / all
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}

/** Half a pixel more or less is not seen, and long figures make long files. */
function figure(length: number): string {
  return String(Math.round(length * 10) / 10)
}
