import { describe, expect, it } from 'vitest'
import { isId } from '../viewer/queues/ids'
import { idWords } from './ids'

describe('our own ids', () => {
  it('are called by what they are of, and are ids by the general rule too', () => {
    const order = 'ord_0123456789abcdefghjkmnpqrs'
    expect([idWords(order), isId(order)]).toEqual([`Order ${order}`, true])
    expect(idWords('sup_0123456789abcdefghjkmnpqrs')).toContain('Supply request')
    expect([idWords('abc_0123456789abcdefghjkmnpqrs'), idWords('ord_1'), idWords('order')]).toEqual([null, null, null])
  })
})
