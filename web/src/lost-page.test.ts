import { beforeEach, describe, expect, it } from 'vitest'
import { TabStorage } from './api/kept'
import { arrive, isMissing, listenForMissing, lose, lostPage, type Around } from './lost-page'

const GONE = new TypeError('Failed to fetch dynamically imported module: https://shop.example/assets/a.js')

function world(isThere: boolean): Around & { readonly loaded: string[] } {
  const loaded: string[] = []
  return {
    kept: new TabStorage(() => {
      throw new Error('closed')
    }),
    answers: () => Promise.resolve(isThere),
    loadAnew: (address) => void loaded.push(address),
    loaded,
  }
}

beforeEach(() => {
  arrive()
})

describe('a page that could not be loaded', () => {
  it('is known by what each browser, and the loader, calls it', () => {
    for (const thrown of [
      GONE,
      new TypeError('error loading dynamically imported module: https://shop.example/assets/a.js'),
      new TypeError('Importing a module script failed.'),
      new Error('Unable to preload CSS for /assets/a.css'),
    ])
      expect(isMissing(thrown)).toBe(true)
    expect(isMissing(new TypeError('x is undefined'))).toBe(false)
    expect(isMissing('dynamically imported module')).toBe(false)
  })

  it('is known by what Vite’s loader tells of, whatever it is called', () => {
    const window = new EventTarget()
    listenForMissing(window)
    const thrown = new Error('in the words of another browser')
    expect(isMissing(thrown)).toBe(false)
    window.dispatchEvent(Object.assign(new Event('vite:preloadError'), { payload: thrown }))
    expect(isMissing(thrown)).toBe(true)
  })

  it('is loaded anew, once', async () => {
    const there = world(true)
    await lose(GONE, '/tickets', there)
    expect([there.loaded, lostPage.value]).toEqual([['/tickets'], null])
    await lose(GONE, '/tickets', there)
    expect([there.loaded, lostPage.value]).toEqual([['/tickets'], '/tickets'])
  })

  it('is loaded anew again after it was there, or when somebody asks for it', async () => {
    const there = world(true)
    await lose(GONE, '/tickets', there)
    arrive(there.kept)
    await lose(GONE, '/tickets', there)
    expect(there.loaded).toEqual(['/tickets', '/tickets'])
  })

  it('is not loaded anew where nothing answers: that would lose the page that is open', async () => {
    const there = world(false)
    await lose(GONE, '/tickets', there)
    expect([there.loaded, lostPage.value]).toEqual([[], '/tickets'])
    arrive(there.kept)
    expect(lostPage.value).toBeNull()
  })

  it('is said, and not loaded anew, when something else went wrong on the way', async () => {
    const there = world(true)
    await lose(new Error('a defect'), '/tickets', there)
    expect([there.loaded, lostPage.value]).toEqual([[], '/tickets'])
  })
})
