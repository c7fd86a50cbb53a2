/** JSON as rows to look at: bounded, and open as far as a person can take in at once. */
import { isObject } from '../chart/json'

export type Sort = 'object' | 'array' | 'text' | 'number' | 'truth' | 'nothing'

/** A value, or what is left of a long list of values. */
export type JsonRow = ValueRow | MoreRow

export interface ValueRow {
  kind: 'value'
  /** Unique within the whole, and the same for the same place. */
  id: string
  depth: number
  /** Its name or number within what is around it; `null` for the whole. */
  name: string | null
  sort: Sort
  /** Whether it is text that is JSON itself, and is shown as what it says. */
  isQuoted: boolean
  /** What stands in the row: the value itself, cut if it is long, or what an object or array has in short. */
  shown: string
  /** Members of an object or array; characters of a text. */
  size: number
  /** Whether a long text is cut. */
  isCut: boolean
  /** Only objects and arrays that are not empty can be open. */
  isOpen: boolean | null
}

export interface MoreRow {
  kind: 'more'
  id: string
  depth: number
  /** The object or array whose further members are not shown. */
  of: string
  left: number
}

/** What somebody opened and closed. */
export interface Opened {
  /** By id; those that are not in it are as they were at first. */
  open: ReadonlyMap<string, boolean>
  /** How many members are shown, by id. */
  shown: ReadonlyMap<string, number>
  /** Texts that are shown whole. */
  whole: ReadonlySet<string>
}

/** As it is before anybody did anything. */
export const NOTHING_OPENED: Opened = { open: new Map(), shown: new Map(), whole: new Set() }

/** So many members are shown at first, and more with each asking. */
export const MEMBERS = 100
const TEXT_MAX = 300
/** A whole text; more than that is for copying. */
const WHOLE_MAX = 50_000
/** At first so many rows are open. */
const ROWS_AT_FIRST = 40
/** Text that is longer is not looked into: reading it would stop the page. */
const READ_MAX = 2_000_000

/** JSON text as a value; what is not JSON, or is too long to be read, as the text that it is. */
export function valueOf(text: string): unknown {
  if (text.length > READ_MAX) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** Text to copy: indented. */
export function prettyOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '')
}

interface Part {
  id: string
  name: string | null
  depth: number
  value: unknown
}

export function rowsOf(value: unknown, opened: Opened): JsonRow[] {
  const atFirst = openAtFirst(value)
  const rows: JsonRow[] = []
  // A list of what is left, and not calls within calls: JSON may be thousands of levels deep.
  const left: (Part | MoreRow)[] = [{ id: '', name: null, depth: 0, value }]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if ('kind' in next) {
      rows.push(next)
      continue
    }
    const row = rowOf(next, opened.whole)
    rows.push(row)
    if (row.isOpen === null) continue
    row.isOpen = opened.open.get(row.id) ?? atFirst.has(row.id)
    if (!row.isOpen) continue
    const count = opened.shown.get(row.id) ?? MEMBERS
    const members = membersOf(next, count)
    if (row.size > members.length) left.push({ kind: 'more', id: `${row.id}/more`, depth: next.depth + 1, of: row.id, left: row.size - members.length })
    left.push(...members.reverse())
  }
  return rows
}

/** What is open before somebody opens or closes anything: level by level, as long as there is room. */
function openAtFirst(value: unknown): Set<string> {
  const open = new Set<string>()
  let rows = 1
  let level: Part[] = [{ id: '', name: null, depth: 0, value }]
  while (level.length > 0) {
    const next: Part[] = []
    for (const part of level) {
      const size = sizeOf(within(part.value))
      if (size === 0 || (part.depth > 0 && rows + size > ROWS_AT_FIRST)) continue
      open.add(part.id)
      rows += Math.min(size, MEMBERS)
      next.push(...membersOf(part, MEMBERS))
    }
    if (rows >= ROWS_AT_FIRST) break
    level = next
  }
  return open
}

function rowOf({ id, name, depth, value }: Part, whole: ReadonlySet<string>): ValueRow {
  const row = { kind: 'value' as const, id, name, depth, isQuoted: false, size: 0, isCut: false, isOpen: null }
  const inner = within(value)
  const isQuoted = inner !== value
  if (isObject(inner)) {
    const names = Object.keys(inner)
    const shown = names.length === 0 ? '{ }' : `{ ${names.slice(0, 4).join(', ')}${names.length > 4 ? ', …' : ''} }`
    return { ...row, sort: 'object', isQuoted, size: names.length, shown: shortened(shown), isOpen: names.length === 0 ? null : false }
  }
  if (Array.isArray(inner)) {
    const shown = inner.length === 0 ? '[ ]' : `[ ${inner.length} ]`
    return { ...row, sort: 'array', isQuoted, size: inner.length, shown, isOpen: inner.length === 0 ? null : false }
  }
  if (typeof value === 'string') {
    const most = whole.has(id) ? WHOLE_MAX : TEXT_MAX
    const isCut = value.length > most
    return { ...row, sort: 'text', size: value.length, isCut, shown: isCut ? `${value.slice(0, most)}…` : value }
  }
  if (typeof value === 'number') return { ...row, sort: 'number', shown: String(value) }
  if (typeof value === 'boolean') return { ...row, sort: 'truth', shown: String(value) }
  return { ...row, sort: 'nothing', shown: value === undefined ? 'nothing' : 'null' }
}

/** What text says if it is JSON itself, as inputs and outputs within events are; any other value as it is. */
function within(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[{[]/.test(value)) return value
  const read = valueOf(value)
  return typeof read === 'object' && read !== null ? read : value
}

function membersOf({ id, depth, value }: Part, most: number): Part[] {
  const inner = within(value)
  const members: [string, unknown][] = Array.isArray(inner)
    ? inner.slice(0, most).map((one: unknown, index) => [String(index), one])
    : isObject(inner)
      ? Object.entries(inner).slice(0, most)
      : []
  return members.map(([name, member], index) => ({ id: `${id}/${index}`, name, depth: depth + 1, value: member }))
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length
  return isObject(value) ? Object.keys(value).length : 0
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
