/** Histories that were opened since this page was loaded. A file has no address, so it gets a name for one. */
import type { Chart, Run } from '../types'
import type { About } from './shown'

/** A history that was opened from a file. */
export interface OpenedHistory {
  readonly about: About
  readonly run: Run
  readonly chart: Chart
  /** `null` if the file does not say. */
  readonly exportedMs: number | null
  /** The file's name. */
  readonly file: string
}

const START = 'file:'
/** So many are remembered, the newest. */
const KEPT_MAX = 10
const opened = new Map<string, OpenedHistory>()
let count = 0

/** Remembers a history. @returns what names it in an address: `file:3:boxes.json` */
export function remembered(history: OpenedHistory): string {
  count += 1
  const name = `${START}${count}:${history.file}`
  opened.set(name, history)
  for (const oldest of opened.keys()) {
    if (opened.size <= KEPT_MAX) break
    opened.delete(oldest)
  }
  return name
}

/** Whether an address names a file and not an ARN. */
export function isFileName(name: string): boolean {
  return name.startsWith(START)
}

/** What was opened under this name; `undefined` after the page was loaded anew. */
export function openedAs(name: string): OpenedHistory | undefined {
  return opened.get(name)
}

/** The file's own name in a name of {@link remembered}. */
export function fileIn(name: string): string {
  return name.slice(START.length).replace(/^\d+:/, '')
}
