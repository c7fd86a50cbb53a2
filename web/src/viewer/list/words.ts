/** Executions in lists, in words. */
import { isObject, textOf } from '../chart/json'

/** The colour that a status has, as a badge's class. */
export function toneOf(status: string): 'badge-go' | 'badge-time' | 'badge-bad' | 'badge-soft' {
  switch (status) {
    case 'SUCCEEDED':
      return 'badge-go'
    case 'RUNNING':
    case 'PENDING_REDRIVE':
      return 'badge-time'
    case 'FAILED':
    case 'TIMED_OUT':
      return 'badge-bad'
    default:
      return 'badge-soft'
  }
}

/** What a cause says to people: functions answer with JSON, whose message is what was meant. One that was cut is read as far as it goes. */
export function causeWords(cause: string | null): string {
  const text = cause?.trim() ?? ''
  if (!text.startsWith('{')) return text
  try {
    const read: unknown = JSON.parse(text)
    const meant = isObject(read) ? ['errorMessage', 'message', 'Cause', 'cause'].map((member) => textOf(read[member])).find((one) => one !== null) : undefined
    // A child's cause has its own child's within it.
    return meant === undefined || meant === null ? text : causeWords(meant)
  } catch {
    const cut = /"errorMessage"\s*:\s*"((?:[^"\\]|\\.)*)/.exec(text)?.[1]
    if (cut !== undefined) return cut.replaceAll('\\"', '"').replaceAll('\\n', ' ')
  }
  return text
}

/** `1,204 executions`, `1 execution`. */
export function countWords(count: number, what = 'execution'): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
}
