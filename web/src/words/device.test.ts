import { describe, expect, it } from 'vitest'
import { draftOf, isLow, isStored, levelWords, macOf, watchOf, wholeOf, type DeviceStock } from './device'

describe('what somebody types of a device', () => {
  it('is a MAC address with colons, with dashes or plain, and not with both', () => {
    for (const typed of ['02:1A:ff:00:5b:9c', ' 02-1a-ff-00-5b-9c ', '021aff005b9c']) expect(macOf(typed)).toBe('02:1a:ff:00:5b:9c')
    for (const typed of ['', '02:1a:ff:00:5b', '02:1a-ff:00:5b:9c', '02:1a:ff:00:5b:9g', '021aff005b9c0']) expect(macOf(typed)).toBeUndefined()
  })

  it('is a whole number within its bounds', () => {
    expect(wholeOf('7', 1, 10)).toBe(7)
    for (const typed of ['', '0', '11', '1.5', '-1', '1e3', 'x']) expect(wholeOf(typed, 1, 10)).toBeUndefined()
  })

  it('is a watch, or says what is wrong with each field', () => {
    expect(watchOf({ productId: 'prd_1', threshold: '3', orderQuantity: '10', maxPrice: '' }, 'usd')).toEqual({
      watch: { productId: 'prd_1', threshold: 3, orderQuantity: 10 },
    })
    expect(watchOf({ productId: 'prd_1', threshold: '3', orderQuantity: '10', maxPrice: '2.50' }, 'usd')).toEqual({
      watch: { productId: 'prd_1', threshold: 3, orderQuantity: 10, maxPriceMinor: 250 },
    })
    const checked = watchOf({ productId: 'prd_1', threshold: '0', orderQuantity: '1001', maxPrice: '0.10' }, 'usd')
    expect('wrong' in checked && Object.keys(checked.wrong)).toEqual(['threshold', 'orderQuantity', 'maxPrice'])
  })

  it('begins with what is stored', () => {
    const watch = { productId: 'prd_1', threshold: 3, orderQuantity: 10, maxPriceMinor: 250 }
    expect(watchOf(draftOf(watch, 'usd'), 'usd')).toEqual({ watch })
  })
})

describe('what was sent for a device', () => {
  const milk = { productId: 'prd_1', threshold: 3, orderQuantity: 10 }
  const flour = { productId: 'prd_2', threshold: 1, orderQuantity: 2, maxPriceMinor: 250 }
  const watches = [{ ...flour }, { ...milk, maxPriceMinor: 120 }]

  it('is stored when the next version watches the same, with a price where there was none', () => {
    expect(isStored({ version: 5, watches }, 4, [milk, flour])).toBe(true)
    expect(isStored({ version: 5, watches: [] }, 4, [])).toBe(true)
  })

  it('is not stored when the device watches anything else, or moved on', () => {
    expect(isStored({ version: 6, watches }, 4, [milk, flour])).toBe(false)
    expect(isStored({ version: 5, watches }, 4, [milk])).toBe(false)
    expect(isStored({ version: 5, watches }, 4, [milk, { ...flour, maxPriceMinor: 300 }])).toBe(false)
    expect(isStored({ version: 5, watches }, 4, [{ ...milk, threshold: 4 }, flour])).toBe(false)
  })
})

describe('the level at a device', () => {
  const stock: DeviceStock = { productId: 'prd_1', quantity: 2, threshold: 3, orderQuantity: 5, version: 1, updatedAt: '', measuredAt: '2026-11-21T12:00:00Z' }

  it('is low below the threshold, once the device has said so', () => {
    expect([isLow(stock), isLow({ ...stock, quantity: 3 }), isLow({ ...stock, measuredAt: null }), isLow({ ...stock, threshold: null })]).toEqual([
      true, false, false, false,
    ])
    expect(levelWords(stock)).toBe('2 left, fewer than 3.')
    expect(levelWords({ ...stock, measuredAt: null })).toContain('has not said yet')
    expect(levelWords({ ...stock, threshold: null })).toContain('watched no longer')
  })
})
