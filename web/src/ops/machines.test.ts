import { describe, expect, it } from 'vitest'
import { isOfAnOrder, machineOf } from './machines'

describe('our machines', () => {
  it('are known by their names, whatever a stack puts before and after them', () => {
    expect(machineOf('holdfast-order')).toBe('order')
    expect(machineOf('holdfast-hold-order')).toBe('hold-order')
    expect(machineOf('my-order-shop-refund-order')).toBe('refund-order')
    expect(machineOf('order')).toBe('order')
    expect(machineOf('shop-supply-ingredient-7G2K')).toBe('supply-ingredient')
    expect(machineOf('reorder')).toBeNull()
    expect(machineOf('order-of-somebody-else')).toBeNull()
  })

  it('work for an order when they are called after one, or after a supply request', () => {
    const arn = (name: string) => `arn:aws:states:eu-central-1:000000000000:execution:holdfast-order:${name}`
    expect(isOfAnOrder(arn('ord_3dvmtn9cw6d0xgy56y9zp1fayn'))).toBe(true)
    expect(isOfAnOrder(arn('ord_3dvmtn9cw6d0xgy56y9zp1fayn-refund-1'))).toBe(true)
    expect(isOfAnOrder(arn('sup_3dvmtn9cw6d0xgy56y9zp1fayn-1'))).toBe(true)
    expect(isOfAnOrder('arn:aws:states:eu-central-1:000000000000:express:holdfast-hold-order:ord_3dvmtn9cw6d0xgy56y9zp1fayn:0a-1b')).toBe(true)
    expect(isOfAnOrder(arn('own-test-1'))).toBe(false)
    expect(isOfAnOrder('nothing')).toBe(false)
  })
})
