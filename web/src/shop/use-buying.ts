/**
 * Ordering: signs in first if that is needed and comes back, places the order once, and goes on to its checkout. What
 * came to nothing is told by `BuyingProblem`.
 */
import { readonly, ref } from 'vue'
import { useRouter } from 'vue-router'
import { api, ask, type Shape } from '../api/client'
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
        await router.push({ path: '/signin', query: { next: comeBackTo } })
        return
      }
      const placed = await order.run({ lines })
      // Stays busy until the checkout is there: a second click here would be a second order.
      if (placed !== undefined) await router.push(`/checkout/${placed.id}`)
      else if (order.problem.value?.status === 401) await another().catch(() => undefined)
    } finally {
      isBuying.value = false
    }
  }

  return { buy, isBuying: readonly(isBuying), problem: order.problem, forget: order.forget }
}
