/** Time that is let pass, in words. */
import { whole } from './draft'

/** A day; the server lets no more pass at once. */
export const PASS_S_MAX = 86_400

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** `15 minutes`, `1 hour 5 minutes`, `42 seconds`: the two largest parts, and seconds only of less than an hour. */
export function spanWords(seconds: number): string {
  let left = Math.max(0, Math.round(seconds))
  if (left === 0) return '0 seconds'
  const parts: string[] = []
  for (const [name, length] of UNITS) {
    const count = Math.floor(left / length)
    left -= count * length
    if (count > 0 && (name !== 'second' || seconds < 3_600)) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
  }
  return parts.slice(0, 2).join(' ')
}

/** How far the clock is ahead; `null` if it is right. Some moments of a second are nothing. */
export function aheadWords(aheadS: number): string | null {
  return aheadS < 1 ? null : `${spanWords(aheadS)} ahead`
}

/** Minutes that somebody typed, as seconds; `null` unless they are 1 to a day. */
export function passOf(typedMinutes: string): number | null {
  const minutes = whole(typedMinutes)
  return minutes === null || minutes < 1 || minutes * 60 > PASS_S_MAX ? null : minutes * 60
}
