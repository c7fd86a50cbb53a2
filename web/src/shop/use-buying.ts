/**
 * Ordering: signs in first if that is needed and comes back, places the order once, and goes on to its checkout. What
 * came to nothing is told by `BuyingProblem`; so is a checkout that could not be loaded.
 */
import { computed, readonly, ref, shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import { api, ask, type Shape } from '../api/client'
import { Problem } from '../api/problem'
import { useAction } from '../api/use-action'
import { another, currentUser } from '../session/session'

/** One thing that is wanted. */
export type Line = Shape<'NewLine'>

/** What somebody wants, at the state they saw. */
interface Wanted {
  readonly lines: Line[]
}

export function useBuying() {
  const router = useRouter()
  const isBuying = ref(false)
  /** What was ordered, where its checkout could not be loaded: that is the next step, and not a second order. */
  const unopened = shallowRef<{ readonly wanted: string; readonly orderId: string }>()
  const order = useAction('place-order', (body: Wanted, key) =>
    ask(api.POST('/api/orders', { params: { header: { 'Idempotency-Key': key } }, body })),
  )

  /**
   * Orders and goes to the checkout.
   *
   * @param comeBackTo where to go on after signing in, if nobody is signed in
   */
  async function buy(lines: Line[], comeBackTo: string): Promise<void> {
    if (isBuying.value) return
    isBuying.value = true
    try {
      // Where nothing answers, the order itself says so.
      const user = await currentUser().catch(() => undefined)
      if (user === null) {
        // A page that does not load is told above this one.
        await router.push({ path: '/signin', query: { next: comeBackTo } }).catch(() => undefined)
        return
      }
      const wanted = whatOf(lines)
      if (unopened.value?.wanted === wanted) {
        await open(wanted, unopened.value.orderId)
        return
      }
      unopened.value = undefined
      const placed = await order.run({ lines })
      // Stays busy until the checkout is there: a second click here would be a second order.
      if (placed !== undefined) await open(wanted, placed.id)
      else if (order.problem.value?.status === 401) await another().catch(() => undefined)
    } finally {
      isBuying.value = false
    }
  }

  async function open(wanted: string, orderId: string): Promise<void> {
    try {
      await router.push(`/checkout/${orderId}`)
      unopened.value = undefined
    } catch {
      unopened.value = { wanted, orderId }
    }
  }

  const problem = computed(() => (unopened.value === undefined ? order.problem.value : notOpened(unopened.value.orderId)))
  return { buy, isBuying: readonly(isBuying), problem, forget: order.forget }
}

/** What is wanted, without the state that was seen: to hold a thing makes that another. */
function whatOf(lines: readonly Line[]): string {
  return JSON.stringify(lines, (name, value: unknown) => (name === 'version' ? undefined : value))
}

function notOpened(orderId: string): Problem {
  return new Problem(
    'You have ordered it, and the checkout could not be loaded',
    'Your order is placed, and what is in it is held for you. Check your connection and go on with your order; it is not ordered twice.',
    'CheckoutLost',
    0,
    'unknown',
    true,
    [],
    orderId,
  )
}
