import { describe, expect, it } from 'vitest'
import { dishes, recipeWords } from './dish'

describe('a dish', () => {
  it('says what goes into it', () => {
    expect(recipeWords({ carne_molida: 5, pasta: 7, queso: 10 })).toBe('5 carne molida, 7 pasta and 10 queso')
    expect(recipeWords({ pan_canilla: 1 })).toBe('1 pan canilla')
  })

  it('is counted', () => {
    expect(dishes(1)).toBe('1 dish')
    expect(dishes(3)).toBe('3 dishes')
  })
})
