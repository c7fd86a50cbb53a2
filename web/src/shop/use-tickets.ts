/**
 * The tickets that can be had, kept up to date: what is held or sold goes at the message, what is free again or edited
 * is read and shown, and what was missed comes with the next reading of the pages that are shown.
 */
import { computed, shallowRef, triggerRef, watch } from 'vue'
import { api, ask } from '../api/client'
import { usePages } from '../api/use-pages'
import { useLive } from '../live/live'
import { shown, type Change, type Listed } from './shelf'

/** More news than this at once and the list is read as a whole. */
const READ_SINGLY_MAX = 5

/** @param pageSize how many tickets are read at a time */
export function useTickets(pageSize: number) {
  const changes = shallowRef(new Map<string, Change>())
  const asked = new Set<string>()
  let moment = 0

  const pages = usePages<Listed>(async (cursor, signal) => {
    const asOf = ++moment
    const query = { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }
    const { tickets, nextCursor } = await ask(api.GET('/api/tickets', { params: { query }, signal }))
    return { items: tickets.map((ticket) => ({ id: ticket.id, ticket, asOf })), next: nextCursor }
  })

  const tickets = computed(() =>
    pages.items.value === undefined ? undefined : shown(pages.items.value, changes.value, pages.hasMore.value),
  )

  // What is contained in the list by now need not be remembered.
  watch(pages.items, (items) => {
    const listAsOf = items?.[0]?.asOf ?? 0
    for (const [id, { asOf }] of changes.value) if (asOf < listAsOf) changes.value.delete(id)
  })

  function note(id: string, change: Change): void {
    const known = changes.value.get(id)
    if (known !== undefined && known.asOf > change.asOf) return
    changes.value.set(id, change)
    triggerRef(changes)
  }

  async function look(id: string): Promise<void> {
    const asOf = ++moment
    try {
      const ticket = await ask(api.GET('/api/tickets/{ticket_id}', { params: { path: { ticket_id: id } } }))
      note(id, { asOf, ticket })
    } catch {
      // It went again meanwhile, or nothing answers: the next reading of the list knows.
    }
  }

  function lookAtAsked(): void {
    const ids = [...asked]
    asked.clear()
    if (ids.length > READ_SINGLY_MAX) void pages.reload()
    else for (const id of ids) void look(id)
  }

  useLive({
    topic: 'tickets',
    message: ({ kind, body }) => {
      const { ticketId, available } = body
      if (kind !== 'ticket' || typeof ticketId !== 'string') return
      if (available === false) {
        asked.delete(ticketId)
        note(ticketId, { asOf: ++moment, ticket: null })
        // So many have gone that the next ones are due.
        if (pages.hasMore.value && (tickets.value?.length ?? 0) < pageSize / 2) void pages.reload()
        return
      }
      if (asked.size === 0) queueMicrotask(lookAtAsked)
      asked.add(ticketId)
    },
    catchUp: pages.catchUp,
  })

  return { ...pages, tickets }
}
