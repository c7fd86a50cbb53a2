/** Dishes in words. */
import type { Shape } from '../api/client'

/** A dish as the API tells of it. */
export type Dish = Shape<'Dish'>

const AND = new Intl.ListFormat('en-GB', { type: 'conjunction' })

/** `5 carne molida, 7 pasta and 10 queso`: what goes into one dish, as the kitchen names it. */
export function recipeWords(recipe: Dish['recipe']): string {
  const parts = Object.entries(recipe).map(([ingredient, units]) => `${units} ${ingredient.replaceAll('_', ' ')}`)
  return AND.format(parts)
}

/** `2 dishes`, `1 dish`. */
export function dishes(count: number): string {
  return count === 1 ? '1 dish' : `${count} dishes`
}
