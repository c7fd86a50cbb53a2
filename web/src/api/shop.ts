/** What holds for the whole shop. Asked for once; until the shop has answered, what is shown makes no promise. */
import { readonly, ref, type Ref } from 'vue'
import { problemOf } from './problem'

/** The shop's settings, as the API tells them. */
interface Shop {
  /** ISO 4217 code, lower case. */
  readonly currency: string
  /** How long a hold lives, seconds; undefined when the shop does not say. */
  readonly holdTtlS: number | undefined
  /** The key with which a page asks Stripe for its card form; null when the simulator takes the payments. */
  readonly stripePublishableKey: string | null
}

/** What a page knows of the shop. */
export interface ShopRefs {
  readonly currency: Readonly<Ref<string>>
  readonly holdTtlS: Readonly<Ref<number | undefined>>
  readonly stripePublishableKey: Readonly<Ref<string | null>>
  /** Whether the shop has answered: before that nobody knows which card form is the right one. */
  readonly isKnown: Readonly<Ref<boolean>>
}

/** A shop that tells no settings is one without a key. */
const DEFAULTS: Shop = { currency: 'usd', holdTtlS: undefined, stripePublishableKey: null }
/** Pause before it is asked again after no answer. */
const AGAIN_MS = 3_000

const currency = ref(DEFAULTS.currency)
const holdTtlS = ref(DEFAULTS.holdTtlS)
const stripePublishableKey = ref(DEFAULTS.stripePublishableKey)
const isKnown = ref(false)
let isAsking = false

/** The shop's settings; asks for them if nobody has yet. Prices in answers carry their own currency, which goes first. */
export function useShop(): ShopRefs {
  if (!isKnown.value && !isAsking) void learn()
  return {
    currency: readonly(currency),
    holdTtlS: readonly(holdTtlS),
    stripePublishableKey: readonly(stripePublishableKey),
    isKnown: readonly(isKnown),
  }
}

async function learn(): Promise<void> {
  isAsking = true
  for (;;) {
    try {
      const shop = await read()
      currency.value = shop.currency
      holdTtlS.value = shop.holdTtlS
      stripePublishableKey.value = shop.stripePublishableKey
      isKnown.value = true
      isAsking = false
      return
    } catch {
      await new Promise((wake) => setTimeout(wake, AGAIN_MS))
    }
  }
}

async function read(): Promise<Shop> {
  const response = await fetch('/api/shop', { cache: 'no-store' })
  if (response.status === 404) return DEFAULTS
  if (!response.ok) throw problemOf(response, null)
  return shopOf(await response.json())
}

/** Settings from an answer; what is missing or odd is as in a shop that says nothing. */
export function shopOf(answer: unknown): Shop {
  if (typeof answer !== 'object' || answer === null) return DEFAULTS
  const said = answer as Record<string, unknown>
  const key = said['stripePublishableKey']
  return {
    currency: typeof said['currency'] === 'string' ? said['currency'] : DEFAULTS.currency,
    holdTtlS: typeof said['holdTtlS'] === 'number' ? said['holdTtlS'] : DEFAULTS.holdTtlS,
    stripePublishableKey: typeof key === 'string' && key !== '' ? key : null,
  }
}
