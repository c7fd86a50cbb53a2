import { describe, expect, it } from 'vitest'
import { Intent } from './intent'
import { TabStorage, type Kept } from './kept'

function storage(): Kept & { rows: Map<string, string> } {
  const rows = new Map<string, string>()
  return {
    rows,
    getItem: (name) => rows.get(name) ?? null,
    setItem: (name, value) => void rows.set(name, value),
    removeItem: (name) => void rows.delete(name),
  }
}

describe('an intent', () => {
  it('keeps its key until it was answered', () => {
    const kept = storage()
    const first = Intent.of('place-order', { ticketId: 'tkt_1' }, kept)
    expect(Intent.of('place-order', { ticketId: 'tkt_1' }, kept).key).toBe(first.key)
    first.answered()
    expect(Intent.of('place-order', { ticketId: 'tkt_1' }, kept).key).not.toBe(first.key)
    expect(kept.rows.size).toBe(1)
  })

  it('is another one for another body or another doing', () => {
    const kept = storage()
    const keys = [
      Intent.of('place-order', { ticketId: 'tkt_1' }, kept).key,
      Intent.of('place-order', { ticketId: 'tkt_2' }, kept).key,
      Intent.of('pay', { ticketId: 'tkt_1' }, kept).key,
    ]
    expect(new Set(keys).size).toBe(3)
  })

  it('is forgotten before the API forgets the key', () => {
    const kept = storage()
    const first = Intent.of('pay', {}, kept, 0)
    expect(Intent.of('pay', {}, kept, 22 * 3_600_000).key).toBe(first.key)
    expect(Intent.of('pay', {}, kept, 24 * 3_600_000).key).not.toBe(first.key)
  })

  it('stays one when the clock is set back before it is answered', () => {
    const kept = storage()
    const first = Intent.of('pay', {}, kept, 10 * 3_600_000)
    expect(Intent.of('pay', {}, kept, 9 * 3_600_000).key).toBe(first.key)
  })

  it('stays one until it is answered, also where nothing can be stored', () => {
    const closed = new TabStorage(() => {
      throw new Error('closed')
    })
    const first = Intent.of('pay', {}, closed)
    expect(first.key).toMatch(/^[0-9a-f-]{36}$/)
    expect(Intent.of('pay', {}, closed).key).toBe(first.key)
    first.answered()
    expect(Intent.of('pay', {}, closed).key).not.toBe(first.key)
  })

  it('takes nothing from what somebody else stored', () => {
    const odd = storage()
    odd.getItem = () => '{"key":5}'
    expect(Intent.of('pay', {}, odd).key).toMatch(/^[0-9a-f-]{36}$/)
  })
})
