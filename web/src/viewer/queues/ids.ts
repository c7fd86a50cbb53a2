/** What in a message may name an execution: its ids. Nobody's own spelling is known here. */
import { isObject } from '../chart/json'
import { valueOf } from '../json/rows'

/** So many are worth a link. */
const IDS_MAX = 5
/** Values that are looked at; a message has few. */
const VALUES_MAX = 2_000

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** A word, a line, and something that nobody would choose: `ord_01h2x3`, `parcel-7f3a91`. As long as an execution's name may be. */
const ID = /^(?=.{8,80}$)[A-Za-z][A-Za-z0-9]{1,15}([_-][A-Za-z0-9]+)+$/

/** Whether a text looks like an id: a UUID, or words joined by lines of which the last has digits. */
export function isId(text: string): boolean {
  if (UUID.test(text)) return true
  const last = text.split(/[_-]/).at(-1) ?? ''
  return ID.test(text) && /\d/.test(last) && last.length >= 4
}

/** The ids in a message, each once, in its order. A message that is no JSON is read word by word. */
export function idsIn(body: string): string[] {
  const found = new Set<string>()
  const whole = valueOf(body)
  if (typeof whole === 'string') {
    for (const word of whole.split(/[^\w-]+/)) if (isId(word)) found.add(word)
    return [...found].slice(0, IDS_MAX)
  }
  const left: unknown[] = [whole]
  for (let looked = 0; left.length > 0 && looked < VALUES_MAX && found.size < IDS_MAX; looked += 1) {
    const value = left.shift()
    if (typeof value === 'string') {
      if (isId(value)) found.add(value)
      else if (/^\s*[{[]/.test(value)) {
        const within = valueOf(value)
        if (typeof within === 'object') left.push(within)
      }
    } else if (Array.isArray(value)) left.push(...(value as unknown[]).slice(0, VALUES_MAX))
    else if (isObject(value)) left.push(...Object.values(value))
  }
  return [...found]
}
