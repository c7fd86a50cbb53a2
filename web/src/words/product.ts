/** Products in words. */
import type { Shape } from '../api/client'

/** A product as the API tells of it. */
export type Product = Shape<'Product'>

/** Below this many it is said that they are few. */
const FEW = 10

/** How many can be had. */
export function availableWords(available: number): string {
  if (available === 0) return 'Sold out'
  if (available < FEW) return `Only ${available} left`
  return `${available} available`
}

const NOVA: Readonly<Record<number, string>> = {
  1: 'not or hardly processed',
  2: 'a kitchen ingredient',
  3: 'processed',
  4: 'ultra-processed',
}

/** What a NOVA group means. */
export function novaWords(group: number): string {
  return NOVA[group] ?? `group ${group}`
}
