/**
 * Where moments stand on a timeline, from 0 to 1. Quiet stretches, in which a history tells of nothing, may be shortened:
 * then the busy time has the room.
 */

/** From one moment to another, in milliseconds since 1970. */
export interface Stretch {
  fromMs: number
  toMs: number
}

export interface Scale {
  /** Where a moment stands; moments outside are at the ends. */
  at(ms: number): number
  /** Which moment stands there. */
  msAt(place: number): number
  /** What is shortened, in order. */
  quiet: readonly Stretch[]
}

/** Shorter stretches are never shortened. */
const QUIET_MIN_MS = 5_000
/** A stretch that is this part of all the busy time, or longer, is quiet. */
const QUIET_PART = 1 / 2
/** It is so many times longer than any that is not quiet, or time runs evenly. */
const QUIET_TIMES = 4
/** How much room a shortened stretch has, of the whole; the one that is not over yet has more, so that one sees it grow. */
const ROOM_EACH = 0.08
const ROOM_OPEN = 0.25
const ROOM_MOST = 0.6

/** The stretches in which nothing happened. @param moments of all events, in any order */
export function quietStretches(moments: readonly number[]): Stretch[] {
  const sorted = Float64Array.from(moments).sort()
  const gaps: Stretch[] = []
  for (let index = 1; index < sorted.length; index += 1) {
    const [fromMs, toMs] = [sorted[index - 1] ?? 0, sorted[index] ?? 0]
    if (toMs > fromMs) gaps.push({ fromMs, toMs })
  }
  gaps.sort((one, other) => lengthOf(one) - lengthOf(other))
  let busyMs = 0
  let longestMs = 0
  const first = gaps.findIndex((gap) => {
    const lengthMs = lengthOf(gap)
    if (busyMs > 0 && lengthMs >= Math.max(QUIET_MIN_MS, busyMs * QUIET_PART, longestMs * QUIET_TIMES)) return true
    busyMs += lengthMs
    longestMs = lengthMs
    return false
  })
  return first < 0 ? [] : gaps.slice(first).sort((one, other) => one.fromMs - other.fromMs)
}

/**
 * @param quiet stretches to shorten, in order; none if time runs evenly
 * @param sinceMs of a run that goes on, when its last event was: the time since then is shortened as well, once it is long
 */
export function scaleOf(fromMs: number, toMs: number, quiet: readonly Stretch[], sinceMs: number | null): Scale {
  const end = Math.max(toMs, fromMs + 1)
  const cut = quiet.filter((stretch) => stretch.fromMs >= fromMs && stretch.toMs <= end)
  let busyMs = end - fromMs - cut.reduce((sum, stretch) => sum + lengthOf(stretch), 0)
  const open = sinceMs === null || end <= sinceMs ? null : { fromMs: sinceMs, toMs: end }
  if (open !== null) {
    const before = busyMs - lengthOf(open)
    // So that nothing jumps, it has at most as much room as it is to have in the end, and grows until then.
    if (before > 0 && lengthOf(open) >= QUIET_MIN_MS && lengthOf(open) / busyMs > ROOM_OPEN) {
      cut.push(open)
      busyMs = before
    }
  }
  if (busyMs <= 0) return evenScale(fromMs, end)
  const rooms = cut.map((stretch) => (stretch === open ? ROOM_OPEN : ROOM_EACH))
  const wanted = rooms.reduce((sum, room) => sum + room, 0)
  const shrink = wanted > ROOM_MOST ? ROOM_MOST / wanted : 1
  const busyRoom = 1 - wanted * shrink
  // Corners of a line that rises from 0 to 1.
  const corners = [{ ms: fromMs, place: 0 }]
  let [ms, place] = [fromMs, 0]
  cut.forEach((stretch, index) => {
    place += ((stretch.fromMs - ms) / busyMs) * busyRoom
    corners.push({ ms: stretch.fromMs, place })
    place += (rooms[index] ?? 0) * shrink
    corners.push({ ms: stretch.toMs, place })
    ms = stretch.toMs
  })
  corners.push({ ms: end, place: 1 })
  return {
    quiet: cut,
    at: (wantedMs) => follow(corners, wantedMs, 'ms', 'place'),
    msAt: (wantedPlace) => follow(corners, wantedPlace, 'place', 'ms'),
  }
}

function evenScale(fromMs: number, toMs: number): Scale {
  const length = toMs - fromMs
  return {
    quiet: [],
    at: (ms) => clamp((ms - fromMs) / length, 0, 1),
    msAt: (place) => fromMs + clamp(place, 0, 1) * length,
  }
}

type Corner = { ms: number; place: number }

function follow(corners: readonly Corner[], wanted: number, from: keyof Corner, to: keyof Corner): number {
  let low = 0
  let high = corners.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((corners[middle]?.[from] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  const after = corners[low]
  const before = corners[Math.max(0, low - 1)]
  if (after === undefined || before === undefined) return 0
  const length = after[from] - before[from]
  if (length <= 0) return after[to]
  return before[to] + clamp((wanted - before[from]) / length, 0, 1) * (after[to] - before[to])
}

function lengthOf({ fromMs, toMs }: Stretch): number {
  return toMs - fromMs
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}

/** A mark on the axis. */
export interface Tick {
  ms: number
  place: number
  words: string
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3, 2 * 3600e3, 6 * 3600e3, 12 * 3600e3, 24 * 3600e3]

/**
 * Marks at round times since the beginning, in what is seen: from place `from` to place `to`.
 *
 * @param most about how many there is room for
 */
export function ticksOf(scale: Scale, startMs: number, from: number, to: number, most: number): Tick[] {
  const ticks: Tick[] = []
  const [fromMs, toMs] = [scale.msAt(from), scale.msAt(to)]
  const quiet = scale.quiet.filter((stretch) => stretch.toMs > fromMs && stretch.fromMs < toMs)
  const busyMs = toMs - fromMs - quiet.reduce((sum, stretch) => sum + Math.min(stretch.toMs, toMs) - Math.max(stretch.fromMs, fromMs), 0)
  const quietRoom = quiet.reduce((sum, stretch) => sum + Math.min(scale.at(stretch.toMs), to) - Math.max(scale.at(stretch.fromMs), from), 0)
  const count = Math.max(1, most * (1 - quietRoom / Math.max(to - from, 1e-9)))
  const step = stepFor(busyMs / count)
  const apart = (to - from) / most / 1.3
  let last = -Infinity
  // Stretch by stretch: a shortened one has no marks, and may be years long.
  const busy: Stretch[] = []
  let at = fromMs
  for (const stretch of quiet) {
    busy.push({ fromMs: at, toMs: stretch.fromMs })
    at = stretch.toMs
  }
  busy.push({ fromMs: at, toMs })
  for (const stretch of busy) {
    for (let ms = startMs + Math.ceil((stretch.fromMs - startMs) / step) * step; ms <= stretch.toMs; ms += step) {
      const place = scale.at(ms)
      if (place - last < apart) continue
      last = place
      ticks.push({ ms, place, words: tickWords(ms - startMs, step) })
    }
  }
  return ticks
}

function stepFor(atLeastMs: number): number {
  const found = STEPS.find((step) => step >= atLeastMs)
  if (found !== undefined) return found
  const days = atLeastMs / 86_400_000
  const power = 10 ** Math.floor(Math.log10(days))
  return ([1, 2, 5, 10].find((factor) => factor * power >= days) ?? 10) * power * 86_400_000
}

/** A time since the beginning as an axis says it: `0`, `250 ms`, `2.5 s`, `1:05`, `1:02:30`, `2 d 6 h`. */
export function tickWords(ms: number, stepMs: number): string {
  if (ms === 0) return '0'
  if (ms < 1000) return `${Math.round(ms)} ms`
  const digits = stepMs % 1000 === 0 ? 0 : stepMs % 100 === 0 ? 1 : stepMs % 10 === 0 ? 2 : 3
  if (ms < 60_000) return `${(ms / 1000).toFixed(digits)} s`
  const rest = ((ms % 60_000) / 1000).toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, '0')
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes}:${rest}`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours}:${String(minutes % 60).padStart(2, '0')}:${rest}`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}
