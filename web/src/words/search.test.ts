import { describe, expect, it } from 'vitest'
import { isSearchable } from './search'

describe('what is typed into the search', () => {
  it('needs a word of two letters or digits', () => {
    for (const typed of ['te', 'tea', 'a tea', '7up', 'té', '42', ' ñu ']) expect(isSearchable(typed), typed).toBe(true)
    for (const typed of ['', ' ', 'a', 'a b', '-', 'a-b', '%_']) expect(isSearchable(typed), typed).toBe(false)
  })
})
