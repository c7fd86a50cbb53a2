/** What changed between two pieces of JSON text: what a state was given, and what it gave. */
import { isObject } from '../chart/json'
import type { JsonText } from '../types'

export interface Change {
  /** Where: `order.lines[0].price`; empty for the whole. */
  path: string
  kind: 'added' | 'removed' | 'changed'
  /** The values; `undefined` where there was or is none. */
  before: unknown
  after: unknown
}

/** What changed, in the order of the text; or why that cannot be told. */
export type Changes = { readonly changes: Change[] } | { readonly problem: string }

/** So many are told; a page that shows more helps nobody. */
const CHANGES_MAX = 1000
/** What lies deeper is compared as a whole. */
const DEPTH_MAX = 100

export function changesBetween(before: JsonText, after: JsonText): Changes {
  if (before === null || after === null) return { problem: 'The history does not have both, so they cannot be compared.' }
  let pair: [unknown, unknown]
  try {
    pair = [JSON.parse(before), JSON.parse(after)]
  } catch {
    return { problem: 'One of them is cut or is not JSON, so they cannot be compared.' }
  }
  try {
    return { changes: compared(pair[0], pair[1]) }
  } catch {
    return { problem: 'They lie too deep within themselves to be compared.' }
  }
}

interface Pair {
  path: string
  before: unknown
  after: unknown
  depth: number
}

function compared(before: unknown, after: unknown): Change[] {
  const changes: Change[] = []
  // A list of what is left to compare, and not calls within calls: JSON may be thousands of levels deep.
  const left: Pair[] = [{ path: '', before, after, depth: 0 }]
  for (let next = left.pop(); next !== undefined && changes.length < CHANGES_MAX; next = left.pop()) {
    const inner = next.depth < DEPTH_MAX ? members(next) : null
    if (inner !== null) {
      left.push(...inner.reverse())
      continue
    }
    const { path, before: old, after: now } = next
    if (old === undefined) changes.push({ path, kind: 'added', before: old, after: now })
    else if (now === undefined) changes.push({ path, kind: 'removed', before: old, after: now })
    else if (old !== now && JSON.stringify(old) !== JSON.stringify(now)) changes.push({ path, kind: 'changed', before: old, after: now })
  }
  return changes
}

/** What to compare within two values of the same kind; `null` if they are compared as they are. */
function members({ path, before, after, depth }: Pair): Pair[] | null {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...names].map((name) => ({ path: within(path, name), before: own(before, name), after: own(after, name), depth: depth + 1 }))
  }
  if (!Array.isArray(before) || !Array.isArray(after)) return null
  // What stands the same at the beginning and at the end did not change, even if it moved.
  const [olds, news] = [before.map((one) => JSON.stringify(one)), after.map((one) => JSON.stringify(one))]
  const shorter = Math.min(olds.length, news.length)
  let head = 0
  while (head < shorter && olds[head] === news[head]) head += 1
  let tail = 0
  while (tail < shorter - head && olds.at(-1 - tail) === news.at(-1 - tail)) tail += 1
  const found: Pair[] = []
  for (let index = head; index < Math.max(olds.length, news.length) - tail; index += 1) {
    found.push({
      path: `${path}[${index}]`,
      before: index < olds.length - tail ? before[index] : undefined,
      after: index < news.length - tail ? after[index] : undefined,
      depth: depth + 1,
    })
  }
  return found
}

function own(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined
}

function within(path: string, name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}
