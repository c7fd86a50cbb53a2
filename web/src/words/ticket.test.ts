import { describe, expect, it } from 'vitest'
import { priceOf, priceWords, wrongWords } from './ticket'

describe('a price that is typed', () => {
  it('is one that the shop takes', () => {
    expect(priceOf('0.50', 'usd')).toBe(50)
    expect(priceOf('999999.99', 'usd')).toBe(99_999_999)
    for (const typed of ['0.49', '1000000', '0', '', 'x']) expect(priceOf(typed, 'usd'), typed).toBeUndefined()
  })

  it('is asked for in words that name its bounds', () => {
    expect(priceWords('usd')).toBe('Type an amount from $0.50 to $999,999.99, like 25.00.')
    expect(priceWords('jpy')).toBe('Type an amount from ¥50 to ¥99,999,999, like 2500.')
  })
})

describe('what is wrong with a field', () => {
  it('is a sentence', () => {
    expect(wrongWords('must not be empty')).toBe('It must not be empty.')
    expect(wrongWords('Choose another one.')).toBe('Choose another one.')
    expect(wrongWords(undefined)).toBeUndefined()
  })
})
