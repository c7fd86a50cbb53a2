/** Products, found by words and category, page by page. */
import { api, ask, type Shape } from '../api/client'
import { usePages } from '../api/use-pages'
import type { Product } from '../words/product'

/** What is looked for. */
export interface Wish {
  /** Beginnings of words of the title; empty for all. */
  readonly q: string
  /** A category's id; empty for all. */
  readonly category: string
}

/** A page of the API may be short although there is a next one; so often it is asked on until there is something to show. */
const EMPTY_PAGES_MAX = 5

/**
 * @param wish what is looked for just now
 * @param pageSize how many are read at a time
 */
export function useProducts(wish: () => Wish, pageSize: number) {
  return usePages<Product>(async (cursor, signal) => {
    const { q, category } = wish()
    let next: string | null | undefined = cursor
    for (let asked = 1; ; asked += 1) {
      const query = { limit: pageSize, ...(q && { q }), ...(category && { category }), ...(next ? { cursor: next } : {}) }
      const page: Shape<'ProductPage'> = await ask(api.GET('/api/products', { params: { query }, signal }))
      next = page.nextCursor
      if (page.products.length > 0 || !next || asked === EMPTY_PAGES_MAX) return { items: page.products, next }
    }
  })
}
