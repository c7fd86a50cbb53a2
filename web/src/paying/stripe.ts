/**
 * Stripe's own card form. The card's number is typed into a frame of Stripe's and never reaches this page, which gets the
 * id of a payment method and gives that to the API. Their script is loaded only here, only in a shop that has a key of
 * theirs, and only from them: <https://docs.stripe.com/js/including>.
 */
const SCRIPT = 'https://js.stripe.com/v3/'

/** What is used of Stripe.js: <https://docs.stripe.com/js/elements_object/create_element?type=card>. */
export interface Stripe {
  readonly elements: () => { readonly create: (kind: 'card', options: object) => CardElement }
  readonly createPaymentMethod: (wanted: {
    type: 'card'
    card: CardElement
  }) => Promise<{ paymentMethod?: { id: string }; error?: { message?: string } }>
}

/** Their field for number, date and code. */
export interface CardElement {
  readonly mount: (place: HTMLElement) => void
  readonly destroy: () => void
  readonly on: (event: 'change', heard: (change: { complete: boolean; error?: { message: string } }) => void) => void
  readonly focus: () => void
}

declare global {
  interface Window {
    Stripe?: (publishableKey: string) => Stripe
  }
}

let loading: Promise<void> | undefined

/** Stripe, with this shop's key. Rejects when their script cannot be loaded; the next call tries again. */
export async function stripeOf(publishableKey: string): Promise<Stripe> {
  loading ??= load()
  try {
    await loading
  } catch (thrown) {
    loading = undefined
    throw thrown
  }
  if (window.Stripe === undefined) throw new Error('Stripe.js was loaded and is not there')
  return window.Stripe(publishableKey)
}

function load(): Promise<void> {
  return new Promise((loaded, failed) => {
    if (window.Stripe !== undefined) {
      loaded()
      return
    }
    const script = document.createElement('script')
    script.src = SCRIPT
    script.async = true
    script.onload = () => {
      loaded()
    }
    script.onerror = () => {
      script.remove()
      failed(new Error('Stripe.js cannot be loaded'))
    }
    document.head.append(script)
  })
}
