/** The categories that products can be narrowed down to. */
import { api, ask, type Shape } from '../api/client'
import { useLoaded } from '../api/use-loaded'

/** A category as the API tells of it. */
export type Category = Shape<'Category'>

/** More are no choice that anybody reads through; those are found by the search, or from a product. */
const PAGES_MAX = 3
const PAGE_SIZE = 100

/** Reads them, by name. */
export function useCategories() {
  return useLoaded(async (signal) => {
    const all: Category[] = []
    let cursor: string | null | undefined
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const query = { limit: PAGE_SIZE, ...(cursor ? { cursor } : {}) }
      const { categories, nextCursor } = await ask(api.GET('/api/categories', { params: { query }, signal }))
      all.push(...categories)
      cursor = nextCursor
      if (!cursor) break
    }
    return all.sort((one, other) => one.name.localeCompare(other.name, 'en'))
  })
}
