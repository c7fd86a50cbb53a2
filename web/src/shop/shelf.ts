/**
 * Which tickets a list shows, when readings and messages overtake each other. A reading says what was true when it
 * began; a message that came after that is newer and counts, one that came before is contained in it. So whatever is
 * known has the number of the moment it stands for, and of two the greater wins.
 */
import type { Shape } from '../api/client'

/** A ticket as the API tells of it. */
export type Ticket = Shape<'Ticket'>

/** A ticket as a page of the list had it. */
export interface Listed {
  readonly id: string
  readonly ticket: Ticket
  /** The moment when that reading began. */
  readonly asOf: number
}

/** What was heard about one ticket since the list was read. */
export interface Change {
  readonly asOf: number
  /** How it is now; null when it cannot be had any more. */
  readonly ticket: Ticket | null
}

/** The tickets to show, newest first. */
export function shown(listed: readonly Listed[], changes: ReadonlyMap<string, Change>, hasMore: boolean): Ticket[] {
  const tickets: Ticket[] = []
  const known = new Set<string>()
  for (const { id, ticket, asOf } of listed) {
    known.add(id)
    const change = changes.get(id)
    const latest = change !== undefined && change.asOf > asOf ? change.ticket : ticket
    if (latest?.state === 'available') tickets.push(latest)
  }
  const listAsOf = listed[0]?.asOf ?? Number.NEGATIVE_INFINITY
  const last = listed.at(-1)?.ticket
  for (const [id, { ticket, asOf }] of changes) {
    if (known.has(id) || ticket?.state !== 'available' || asOf < listAsOf) continue
    // What is older than the last one shown belongs to a page that nobody has asked for yet.
    if (hasMore && last !== undefined && newestFirst(ticket, last) > 0) continue
    tickets.push(ticket)
  }
  return tickets.sort(newestFirst)
}

/** As the API sorts them: by when they were listed, of the same moment by id. */
function newestFirst(one: Ticket, other: Ticket): number {
  return Date.parse(other.createdAt) - Date.parse(one.createdAt) || (one.id < other.id ? 1 : one.id > other.id ? -1 : 0)
}
