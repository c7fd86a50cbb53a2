/** Moments as everything that is drawn of a run says them. */

const CLOCK = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' })
const DAY = new Intl.DateTimeFormat('en', { dateStyle: 'medium' })

/** `12:03:44.120`, by the reader's own clock. */
export function exactTime(atMs: number): string {
  return CLOCK.format(atMs)
}

/** `Nov 21, 2026, 12:03:44.120`. */
export function exactMoment(atMs: number): string {
  return `${DAY.format(atMs)}, ${CLOCK.format(atMs)}`
}

const ZONE = new Intl.DateTimeFormat('en', { hour: '2-digit', timeZoneName: 'short' })

/** The same moment for everybody: `2026-11-21 11:03:44.120 UTC`. */
export function utcMoment(atMs: number): string {
  return `${new Date(atMs).toISOString().replace('T', ' ').slice(0, -1)} UTC`
}

/** The reader's own time zone at that moment: `GMT+1`, `EST`. */
export function zoneAt(atMs: number): string {
  return ZONE.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/** How long after the beginning: `+0.120`, `+1:02.500`, `+3:04:05.000`, `+2 d 3:04:05.000`. All figures of a column are alike. */
export function sinceStart(ms: number): string {
  const all = Math.max(0, Math.round(ms))
  const rest = `${String(Math.floor(all / 1000) % 60)}.${String(all % 1000).padStart(3, '0')}`
  const minutes = Math.floor(all / 60_000) % 60
  const hours = Math.floor(all / 3_600_000) % 24
  const days = Math.floor(all / 86_400_000)
  if (all < 60_000) return `+${rest}`
  if (all < 3_600_000) return `+${minutes}:${rest.padStart(6, '0')}`
  const long = `${hours}:${String(minutes).padStart(2, '0')}:${rest.padStart(6, '0')}`
  return days === 0 ? `+${long}` : `+${days} d ${long}`
}
