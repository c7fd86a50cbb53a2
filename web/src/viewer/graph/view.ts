/** What part of a drawing is seen, and how large. Lengths in CSS pixels. */
import type { Box, Point } from './drawing'

export interface View extends Point {
  /** 1 is 100 %; `x` and `y` are where the drawing's corner is in the window. */
  scale: number
}

export interface Size {
  width: number
  height: number
}

export const SCALE_MIN = 0.1
export const SCALE_MAX = 3
/** Smaller than this, names cannot be read. */
const READABLE = 0.8
/** How much of a drawing cannot be moved out of the window. */
const KEPT_IN = 60

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}

/** All of it, in the middle, not larger than it is. */
export function fitted(drawing: Size, seen: Size): View {
  const scale = within(Math.min(seen.width / drawing.width, seen.height / drawing.height, 1), SCALE_MIN, SCALE_MAX)
  return { scale, x: (seen.width - drawing.width * scale) / 2, y: (seen.height - drawing.height * scale) / 2 }
}

/** What one sees first: all of it if that can be read, else its beginning. */
export function opened(drawing: Size, seen: Size, begin: Point): View {
  const whole = fitted(drawing, seen)
  if (whole.scale >= READABLE) return { ...whole, y: Math.min(whole.y, 24) }
  // As wide, or as high, as there is room, if that can be read.
  const scale = within(Math.max(seen.width / drawing.width, seen.height / drawing.height), READABLE, 1)
  return kept({ scale, x: along(seen.width, drawing.width * scale, begin.x * scale), y: along(seen.height, drawing.height * scale, begin.y * scale) }, drawing, seen)
}

/** Where the drawing's edge is so that a point of it is near the window's middle, and the window full. */
function along(seen: number, length: number, point: number): number {
  return length <= seen ? (seen - length) / 2 : within(seen / 2 - point, seen - length, 0)
}

/** Nearer or farther, with the point of the window staying over what it is over. */
export function zoomed(view: View, factor: number, at: Point): View {
  const scale = within(view.scale * factor, SCALE_MIN, SCALE_MAX)
  const share = scale / view.scale
  return { scale, x: at.x - (at.x - view.x) * share, y: at.y - (at.y - view.y) * share }
}

/** Moved back as far as some of the drawing stays to be seen. */
export function kept(view: View, drawing: Size, seen: Size): View {
  return {
    scale: view.scale,
    x: within(view.x, KEPT_IN - drawing.width * view.scale, seen.width - KEPT_IN),
    y: within(view.y, KEPT_IN - drawing.height * view.scale, seen.height - KEPT_IN),
  }
}

/** Moved as little as is needed to see a box, with some space around it. */
export function revealing(view: View, box: Box, seen: Size): View {
  const x = revealed(view.x, box.x * view.scale, box.width * view.scale, seen.width)
  const y = revealed(view.y, box.y * view.scale, box.height * view.scale, seen.height)
  return x === view.x && y === view.y ? view : { scale: view.scale, x, y }
}

function revealed(offset: number, begin: number, length: number, seen: number): number {
  const space = Math.min(32, Math.max(0, (seen - length) / 2))
  const least = space - begin
  const most = seen - space - begin - length
  return most < least ? least : within(offset, least, most)
}
