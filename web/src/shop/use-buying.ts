/**
 * Ordering: signs in first if that is needed and comes back, places the order once, and goes on to its checkout. What
 * came to nothing is told by `BuyingProblem`.
 */
import { computed, readonly, ref, shallowRef } from 'vue'
import { useRouter, type RouteLocationRaw } from 'vue-router'
import { api, ask, type Shape } from '../api/client'
import { Problem } from '../api/problem'
import { useAction } from '../api/use-action'
import { another, currentUser } from '../session/session'
import { tellElsewhere } from '../unloaded'

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

  /** What was ordered, and did not get to its checkout: who wants the same again wants to get there. */
  let placed: { readonly orderId: string; readonly what: string } | undefined
  const unopened = shallowRef<Problem | null>(null)

  /** Whether it got there; the page may not load. */
  async function go(to: RouteLocationRaw): Promise<boolean> {
    try {
      await router.push(to)
      return true
    } catch {
      return false
    }
  }

  /**
   * Orders and goes to the checkout.
   *
   * @param comeBackTo where to go on after signing in, if nobody is signed in
   */
  async function buy(lines: Line[], comeBackTo: string): Promise<void> {
    if (isBuying.value) return
    isBuying.value = true
    unopened.value = null
    try {
      // Where nothing answers, the order itself says so.
      const user = await currentUser().catch(() => undefined)
      if (user === null) {
        await go({ path: '/signin', query: { next: comeBackTo } })
        return
      }
      const what = whatOf(lines)
      const orderId = placed?.what === what ? placed.orderId : (await order.run({ lines }))?.id
      // Stays busy until the checkout is there: a second click here would be a second order.
      if (orderId !== undefined) {
        placed = { orderId, what }
        if (await go(`/checkout/${orderId}`)) return
        // Told beside the button that was pressed.
        tellElsewhere()
        unopened.value = notOpened(orderId)
      } else if (order.problem.value?.status === 401) await another().catch(() => undefined)
    } finally {
      isBuying.value = false
    }
  }

  return {
    buy,
    isBuying: readonly(isBuying),
    problem: computed(() => unopened.value ?? order.problem.value),
    forget: () => {
      unopened.value = null
      order.forget()
    },
  }
}

/** What is wanted, without the state that was seen: to hold a thing makes that another. */
function whatOf(lines: readonly Line[]): string {
  return JSON.stringify(lines, (name, value: unknown) => (name === 'version' ? undefined : value))
}

function notOpened(orderId: string): Problem {
  return new Problem(
    'Your order is placed, but its page did not load',
    'Everything is held for you. Check your connection, and go on to the checkout from here; nothing is ordered twice.',
    'PageNotLoaded',
    0,
    'unknown',
    true,
    [],
    orderId,
  )
}
