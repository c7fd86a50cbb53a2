/** The tickets that somebody listed, whatever became of them, kept up to date. */
import { api, ask } from '../api/client'
import { usePages } from '../api/use-pages'
import { useLive } from '../live/live'
import type { Ticket } from './shelf'

/** @param pageSize how many are read at a time */
export function useMyTickets(pageSize: number) {
  let isDue = false
  const pages = usePages<Ticket>(async (cursor, signal) => {
    const query = { mine: true, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }
    const { tickets, nextCursor } = await ask(api.GET('/api/tickets', { params: { query }, signal }))
    return { items: tickets, next: nextCursor }
  })

  function readSoon(): void {
    if (isDue) return
    isDue = true
    queueMicrotask(() => {
      isDue = false
      void pages.reload()
    })
  }

  useLive({
    topic: 'tickets',
    message: ({ kind, body }) => {
      if (kind === 'ticket' && pages.items.value?.some(({ id }) => id === body['ticketId'])) readSoon()
    },
    catchUp: pages.catchUp,
  })
  return pages
}
