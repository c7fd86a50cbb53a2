/** An execution as a file, which can be opened later without any account. */
import { FORMAT } from '../run/file'
import type { About } from '../source/shown'
import type { Run } from '../types'

/** @param nowMs when it is exported; `null` if that is not known */
export function exportedText({ execution, definition }: Pick<About, 'execution' | 'definition'>, { events }: Pick<Run, 'events'>, nowMs: number | null): string {
  const exportedAt = nowMs === null ? null : new Date(nowMs).toISOString()
  return JSON.stringify({ format: FORMAT, exportedAt, execution, definition, events: events.map(({ raw }) => raw) }, null, 1)
}
