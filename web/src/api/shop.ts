/** What holds for the whole shop. Asked for once; until the shop has answered, what is shown makes no promise. */
import { computed, shallowRef, type ComputedRef } from 'vue'
import { api, ask, type Shape } from './client'

/** What a page knows of the shop. */
export interface ShopRefs {
  /** ISO 4217 code, lower case; undefined until the shop has said so: an amount in a guessed one is another amount. */
  readonly currency: ComputedRef<string | undefined>
  /** How long a hold lives, seconds; undefined until the shop has said so. */
  readonly holdTtlS: ComputedRef<number | undefined>
  /** The key with which a page asks Stripe for its card form; null when the simulator takes the payments. */
  readonly stripePublishableKey: ComputedRef<string | null>
  /** Whether the shop has answered: before that nobody knows which card form is the right one. */
  readonly isKnown: ComputedRef<boolean>
}

/** Pause before it is asked again after no answer, ms. */
const AGAIN_MS = 3_000

const shop = shallowRef<Shape<'Shop'>>()
let isAsking = false

/** The shop's settings; asks for them if nobody has yet. Prices in answers carry their own currency, which goes first. */
export function useShop(): ShopRefs {
  if (shop.value === undefined && !isAsking) void learn()
  return {
    currency: computed(() => shop.value?.currency),
    holdTtlS: computed(() => shop.value?.holdTtlS),
    stripePublishableKey: computed(() => shop.value?.stripePublishableKey || null),
    isKnown: computed(() => shop.value !== undefined),
  }
}

/** Asks until there is an answer. What is wrong is told by whatever else the page reads. */
async function learn(): Promise<void> {
  isAsking = true
  while (shop.value === undefined) {
    try {
      shop.value = await ask(api.GET('/api/shop'))
    } catch {
      await new Promise((wake) => setTimeout(wake, AGAIN_MS))
    }
  }
  isAsking = false
}
