import { describe, expect, it } from 'vitest'
import { causeOf, ingredientName, kindWords, shortages, signed } from './stock'

describe('a movement in words', () => {
  it('has a sign only when there is more or less on hand afterwards', () => {
    const quantity = 5
    expect(['set', 'bought', 'received'].map((kind) => signed({ kind, quantity }))).toEqual(['+5', '+5', '+5'])
    expect(['given', 'served'].map((kind) => signed({ kind, quantity }))).toEqual(['−5', '−5'])
    expect(['held', 'released'].map((kind) => signed({ kind, quantity }))).toEqual(['5', '5'])
  })

  it('is shown by its name when this page does not know its kind', () => {
    expect(kindWords('moved_in')).toEqual({ sign: 'none', word: 'moved in' })
  })

  it('names its cause, and the order if it was one', () => {
    expect(causeOf('ord_3ae8yd6j5b77q9rrafkzkj14y3')).toEqual({ text: 'order …kj14y3', orderId: 'ord_3ae8yd6j5b77q9rrafkzkj14y3' })
    expect(causeOf('sup_3ae8yd6j5b77q9rrafkzkj14y3')).toEqual({ text: 'supply request …kj14y3', orderId: null })
    expect(causeOf('sup_3ae8yd6j5b77q9rrafkzkj14y3-12')).toEqual({ text: 'purchase 12 for request …kj14y3', orderId: null })
    expect(causeOf('seed').orderId).toBeNull()
    expect(causeOf('by hand')).toEqual({ text: 'by hand', orderId: null })
  })
})

describe('an ingredient', () => {
  it('is named as people write it', () => {
    expect(ingredientName('carne_molida')).toBe('Carne molida')
    expect(ingredientName('')).toBe('')
  })
})

describe('what is short', () => {
  it('is what some dish takes more of than can be had, also what the kitchen never had', () => {
    const dishes = [
      { name: 'Salad', recipe: { lechuga: 5, pollo: 2, aceite: 1 } },
      { name: 'Wrap', recipe: { lechuga: 1, pollo: 3 } },
    ]
    const balances = [
      { ingredient: 'lechuga', available: 5 },
      { ingredient: 'pollo', available: 1 },
    ]
    expect([...shortages(dishes, balances)]).toEqual([
      ['aceite', '0 available; Salad takes 1.'],
      ['pollo', '1 available; Salad takes 2, Wrap takes 3.'],
    ])
  })
})
