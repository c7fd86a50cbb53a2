/** The part of a timeline that is seen: places from 0 to 1. */
import { clamp } from './scale'

export interface Part {
  from: number
  to: number
}

export const WHOLE: Part = { from: 0, to: 1 }
/** No nearer than this: then a place would be less than what a browser draws. */
const LEAST = 1 / 4096

/** Nearer (a factor above 1) or farther, so that what is at `around` stays where it is. */
export function zoomed({ from, to }: Part, factor: number, around: number): Part {
  const width = clamp((to - from) / factor, LEAST, 1)
  const share = to > from ? clamp((around - from) / (to - from), 0, 1) : 0.5
  return movedTo({ from: 0, to: width }, around - share * width)
}

/** The same width from another place on, as far as there is something. */
export function movedTo({ from, to }: Part, start: number): Part {
  const width = to - from
  const begin = clamp(start, 0, 1 - width)
  return { from: begin, to: begin + width }
}

/** The part moved as little as need be to see at least the beginning of something. */
export function withSeen(part: Part, from: number, to: number): Part {
  if (to >= part.from && from <= part.to) return part
  return movedTo(part, from - (part.to - part.from) / 8)
}

/** Where a bar is within a part, in percent; `null` if it is not in it. */
export function placedIn(part: Part, from: number, to: number): { left: number; width: number } | null {
  if (to < part.from || from > part.to) return null
  const width = part.to - part.from
  const left = clamp((from - part.from) / width, -0.01, 1)
  const right = clamp((to - part.from) / width, 0, 1.01)
  return { left: left * 100, width: Math.max(0, right - left) * 100 }
}
