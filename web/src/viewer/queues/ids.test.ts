import { describe, expect, it } from 'vitest'
import { idsIn, isId } from './ids'

describe('ids in a message', () => {
  it('are told from words, times and tokens', () => {
    expect(['ord_0123456789abcdefghjkmnpqrs', 'parcel-7f3a91', 'c56a4180-65aa-42ec-a945-5fd21dec0538', 'job-2026-x8812'].filter(isId)).toHaveLength(4)
    const none = ['request-payment', 'carne molida', '2026-11-22T03:00:00Z', 'https://h/1/queue-77777', '12345678', `ord_${'9'.repeat(90)}`, 'AAAAKgAAAAIAAAAAAAAAAZ0fG9s1==', 'step-2', '']
    expect(none.filter(isId)).toEqual([])
  })

  it('are found wherever they stand, each once', () => {
    expect(idsIn('{"order_id": "ord_00001", "lines": [{"id": "line-20001"}], "same": "ord_00001"}')).toEqual(['ord_00001', 'line-20001'])
    expect(idsIn('{"Message": "{\\"id\\": \\"ord_00002\\"}"}')).toEqual(['ord_00002'])
    expect(idsIn('could not ship ord_00003, again.')).toEqual(['ord_00003'])
    expect(idsIn('{"broken": "ord_00004')).toEqual(['ord_00004'])
  })

  it('are a handful', () => {
    expect(idsIn(JSON.stringify(Array.from({ length: 90 }, (_, place) => `ord_${10_000 + place}`)))).toHaveLength(5)
  })
})
