/** Times as people read them, in their own time zone. */

const CLOCK = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
const DAY = new Intl.DateTimeFormat('en', { dateStyle: 'medium' })
const MOMENT = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' })

/** `12:03:44` today, else with its day. */
export function clockTime(at: string, nowMs: number = Date.now()): string {
  const then = new Date(at)
  const isToday = new Date(nowMs).toDateString() === then.toDateString()
  return isToday ? CLOCK.format(then) : `${DAY.format(then)}, ${CLOCK.format(then)}`
}

/** `Nov 21, 2026, 19:30`. */
export function moment(at: string): string {
  return MOMENT.format(new Date(at))
}

/** Time left as a countdown shows it: `14:59`, or `1:02:03` from an hour on. Rounded up, so 0:00 is only shown at the end. */
export function countdown(leftMs: number): string {
  const all = Math.max(0, Math.ceil(leftMs / 1000))
  const seconds = String(all % 60).padStart(2, '0')
  const minutes = Math.floor(all / 60) % 60
  const hours = Math.floor(all / 3600)
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`
}

/** Time left in words, for a screen reader: `1 minute 30 seconds`. */
export function spoken(leftMs: number): string {
  const all = Math.max(0, Math.ceil(leftMs / 1000))
  const minutes = Math.floor(all / 60)
  const seconds = all % 60
  const parts = []
  if (minutes > 0) parts.push(`${minutes} minute${minutes === 1 ? '' : 's'}`)
  if (seconds > 0 || minutes === 0) parts.push(`${seconds} second${seconds === 1 ? '' : 's'}`)
  return parts.join(' ')
}

/** A sentence of the API with each moment in it (RFC 3339) as people read it. */
export function withReadableTimes(sentence: string, nowMs: number = Date.now()): string {
  return sentence.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (at) => clockTime(at, nowMs))
}
