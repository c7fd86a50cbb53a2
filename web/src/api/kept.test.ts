import { describe, expect, it } from 'vitest'
import { TabStorage, type Kept } from './kept'

function storage(): Kept {
  const rows = new Map<string, string>()
  return {
    getItem: (name) => rows.get(name) ?? null,
    setItem: (name, value) => void rows.set(name, value),
    removeItem: (name) => void rows.delete(name),
  }
}

describe('what a tab remembers', () => {
  it('is in the browser’s storage, for the page after a reload', () => {
    const browser = storage()
    new TabStorage(() => browser).setItem('a', '1')
    expect(new TabStorage(() => browser).getItem('a')).toBe('1')
  })

  it('is remembered by the page itself where the browser has closed its storage', () => {
    const kept = new TabStorage(() => {
      throw new Error('SecurityError')
    })
    kept.setItem('a', '1')
    expect(kept.getItem('a')).toBe('1')
    kept.removeItem('a')
    expect(kept.getItem('a')).toBeNull()
  })

  it('is the newest also when there was room for the older one only', () => {
    const browser = storage()
    const kept = new TabStorage(() => browser)
    kept.setItem('a', '1')
    const { setItem } = browser
    browser.setItem = () => {
      throw new Error('QuotaExceededError')
    }
    kept.setItem('a', '2')
    expect(kept.getItem('a')).toBe('2')
    browser.setItem = setItem
    kept.setItem('a', '3')
    expect([kept.getItem('a'), browser.getItem('a')]).toEqual(['3', '3'])
  })
})
