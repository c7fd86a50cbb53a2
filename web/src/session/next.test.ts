import { describe, expect, it } from 'vitest'
import { ownPath } from './next'

const ORIGIN = 'https://shop.example'

describe('where somebody goes after signing in', () => {
  it('is the page they came for, with its query and fragment', () => {
    expect(ownPath('/checkout/ord_1?from=ticket#pay', ORIGIN)).toBe('/checkout/ord_1?from=ticket#pay')
    expect(ownPath('/orders', ORIGIN)).toBe('/orders')
  })

  it('is never another site, however it is written', () => {
    const elsewhere = [
      'https://evil.example/',
      '//evil.example',
      '///evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      '/\t/evil.example',
      '/\n/evil.example',
      ' //evil.example',
      '/.//evil.example',
      '/..//evil.example',
      'javascript:alert(1)',
      'data:text/html,hello',
      '@evil.example',
      '.evil.example',
      '//shop.example@evil.example/',
    ]
    for (const next of elsewhere) expect(ownPath(next, ORIGIN), JSON.stringify(next)).toBe('/')
  })

  it('is the shop when nothing usable is said, and never the sign-in again', () => {
    for (const next of [undefined, null, '', 7, ['/orders', '/orders'], '/signin?next=/signin', '/SignUp'])
      expect(ownPath(next, ORIGIN)).toBe('/')
  })
})
