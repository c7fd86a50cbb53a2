import { beforeEach, describe, expect, it } from 'vitest'
import { forgetUnloaded, isUnloaded, meetUnloaded, unloadedPage, type Surroundings } from './unloaded'

const GONE = new TypeError('Failed to fetch dynamically imported module: https://shop.example/assets/CheckoutPage-1.js')

function browser(): Surroundings & { isUp: boolean; loaded: string[]; kept: Map<string, string> } {
  const kept = new Map<string, string>()
  const around = {
    isUp: true,
    loaded: [] as string[],
    kept,
    isOnline: () => around.isUp,
    storage: () => ({
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    }),
    load: (path: string) => void around.loaded.push(path),
  }
  return around
}

beforeEach(() => {
  forgetUnloaded(browser())
})

describe('a page that does not come', () => {
  it('is known by what each browser says of it', () => {
    const said = [
      GONE,
      new TypeError('error loading dynamically imported module: https://shop.example/assets/CheckoutPage-1.js'),
      new TypeError('Importing a module script failed.'),
      new Error('Unable to preload CSS for /assets/CheckoutPage-1.css'),
    ]
    expect(said.map(isUnloaded)).toEqual([true, true, true, true])
    expect([new TypeError('x is undefined'), 'Importing', undefined].map(isUnloaded)).toEqual([false, false, false])
  })

  it('is loaded as a whole once, and told of when that was no help', () => {
    const around = browser()
    meetUnloaded(GONE, '/checkout/ord_1', around)
    expect([around.loaded, unloadedPage.value]).toEqual([['/checkout/ord_1'], undefined])
    meetUnloaded(GONE, '/checkout/ord_1', around)
    expect([around.loaded.length, unloadedPage.value]).toEqual([1, '/checkout/ord_1'])
    forgetUnloaded(around)
    meetUnloaded(GONE, '/checkout/ord_1', around)
    expect([around.loaded.length, unloadedPage.value]).toEqual([2, undefined])
  })

  it('is only told of while there is no network, and where nothing can be kept', () => {
    const away = browser()
    away.isUp = false
    meetUnloaded(GONE, '/menu', away)
    expect([away.loaded, unloadedPage.value]).toEqual([[], '/menu'])
    const closed: Surroundings & { loaded: string[] } = {
      ...browser(),
      storage: () => {
        throw new DOMException('closed', 'SecurityError')
      },
    }
    forgetUnloaded(closed)
    meetUnloaded(GONE, '/menu', closed)
    expect([closed.loaded, unloadedPage.value]).toEqual([[], '/menu'])
  })

  it('is no other mistake', () => {
    const around = browser()
    meetUnloaded(new TypeError('x is undefined'), '/menu', around)
    expect([around.loaded, unloadedPage.value]).toEqual([[], undefined])
  })
})
