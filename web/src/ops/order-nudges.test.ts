import { describe, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import type { Liveness, Watcher } from '../live/live'
import { orderNudges, subjectOf } from './order-nudges'

const live = vi.hoisted(() => ({ watchers: [] as unknown[], liveness: undefined as unknown }))
vi.mock('../live/live', () => ({
  useLive: (watcher: unknown) => live.watchers.push(watcher),
  useLiveness: () => live.liveness,
}))

const ORDER = 'ord_0123456789abcdefghjkmnpqrs'
const SUPPLY = 'sup_0123456789abcdefghjkmnpqrs'
const of = (kind: string, body: Record<string, unknown>) => subjectOf({ seq: 1, kind, body })

describe('what operators are told', () => {
  it('is about the order that moved, or the order or supply request that stock moved for', () => {
    expect(of('order-moved', { orderId: ORDER, status: 'paid' })).toBe(ORDER)
    expect(of('movement', { cause: SUPPLY })).toBe(SUPPLY)
    expect(of('movement', { cause: `${SUPPLY}-2` })).toBe(SUPPLY)
  })

  it('is about no execution when stock moved for nobody, or when it is something else', () => {
    expect(of('movement', { cause: 'delivery 7' })).toBeUndefined()
    expect(of('movement', {})).toBeUndefined()
    expect(of('order-moved', { orderId: 7 })).toBeUndefined()
    // Told to its buyer; all orders are told to operators as well.
    expect(of('order', { orderId: ORDER, status: 'paid' })).toBeUndefined()
    expect(of('ticket', { ticketId: ORDER })).toBeUndefined()
  })
})

describe('nudges of the operations pages', () => {
  it('come while the socket watches, and are about anything once it watches anew', async () => {
    const liveness = ref<Liveness>('connecting')
    live.liveness = liveness
    const nudges = orderNudges()
    const nudged: (string | null)[] = []
    nudges.listen((about) => nudged.push(about))
    const watchers = live.watchers as Watcher[]
    expect(watchers.map(({ topic }) => topic)).toEqual(['orders', 'stock'])
    const hear = async (catchesUp: boolean) => {
      for (const watcher of watchers) {
        if (catchesUp) await watcher.catchUp()
        else watcher.message({ seq: 2, kind: 'order-moved', body: { orderId: ORDER, status: 'paid' } })
      }
      return nudged.splice(0)
    }
    // Without a socket this is asked every two seconds, which is more often than the viewer looks.
    liveness.value = 'polling'
    expect(nudges.isConnected.value).toBe(false)
    expect(await hear(true)).toEqual([])
    liveness.value = 'live'
    expect(nudges.isConnected.value).toBe(true)
    expect(await hear(true)).toEqual([null])
    expect(await hear(false)).toEqual([ORDER])
    liveness.value = 'offline'
    expect(nudges.isConnected.value).toBe(false)
  })
})
