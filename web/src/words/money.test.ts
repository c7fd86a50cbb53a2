import { describe, expect, it } from 'vitest'
import { minorOf, money, typedOf } from './money'

describe('money', () => {
  it('is read with the decimals of its currency', () => {
    expect(money(1250, 'usd')).toBe('$12.50')
    expect(money(1250, 'jpy')).toBe('¥1,250')
  })

  it('is exactly what was typed, or nothing', () => {
    expect(minorOf('12.5', 'usd')).toBe(1250)
    expect(minorOf(' 0,07 ', 'usd')).toBe(7)
    expect(minorOf('19.99', 'usd')).toBe(1999)
    expect(minorOf('1250', 'jpy')).toBe(1250)
    for (const wrong of ['', '-1', '1.999', '1e3', '12.', '1,000.00', '0x10', '12.5.1', '1250.5 yen']) {
      expect(minorOf(wrong, 'usd'), wrong).toBeUndefined()
    }
    expect(minorOf('12.5', 'jpy')).toBeUndefined()
  })

  it('comes back as it was typed', () => {
    for (let minor = 0; minor < 30_000; minor += 37) expect(minorOf(typedOf(minor, 'usd'), 'usd')).toBe(minor)
  })
})
