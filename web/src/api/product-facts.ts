/** What a page says of products that it has only ids of: title and price, asked for once each. */
import { shallowReactive } from 'vue'
import { api, ask } from './client'
import { asProblem } from './problem'

/** A product as it is named elsewhere. */
export interface ProductFacts {
  readonly title: string
  /** Price of one, minor units; undefined when it is not sold any more. */
  readonly priceMinor: number | undefined
  readonly currency: string | undefined
}

const known = shallowReactive(new Map<string, ProductFacts>())
const asking = new Set<string>()

/** What is known of a product; undefined until the shop has answered. */
export function productFacts(productId: string): ProductFacts | undefined {
  const facts = known.get(productId)
  if (facts === undefined && !asking.has(productId)) void learn(productId)
  return facts
}

/** Keeps what an answer told of a product anyway. */
export function rememberProduct({ id, title, priceMinor, currency }: { id: string; title: string; priceMinor: number; currency: string }): void {
  known.set(id, { title, priceMinor, currency })
}

async function learn(productId: string): Promise<void> {
  asking.add(productId)
  try {
    rememberProduct(await ask(api.GET('/api/products/{product_id}', { params: { path: { product_id: productId } } })))
  } catch (thrown) {
    if (asProblem(thrown).status === 404) {
      known.set(productId, { title: `A product that is not sold any more (…${productId.slice(-6)})`, priceMinor: undefined, currency: undefined })
    }
  } finally {
    // What got no answer is asked for again by the next who needs it.
    asking.delete(productId)
  }
}
