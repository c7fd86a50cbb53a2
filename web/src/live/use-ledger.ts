/** A place's ledger on a page: read, followed, and read again when something is missing. */
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { api, ask } from '../api/client'
import { asProblem, type Problem } from '../api/problem'
import { useLive } from './live'
import { Ledger, movementOf, type Balance, type Movement, type Place } from './movements'

/** What a page shows of a ledger. */
export interface FollowedLedger {
  /** Consecutive movements up to the latest, in the order of their numbers. */
  readonly rows: ShallowRef<readonly Movement[]>
  /** What there is, by name. */
  readonly balances: ShallowRef<readonly Balance[]>
  /** There are more ingredients than one reading tells of; those that move appear by themselves. */
  readonly isCut: Readonly<Ref<boolean>>
  readonly isLoading: ComputedRef<boolean>
  /** Why the latest reading failed; null when it did not. */
  readonly problem: Readonly<Ref<Problem | null>>
  /** The number of the last movement when the page began: later ones are news. */
  readonly beganAt: Readonly<Ref<number>>
  readonly hasOlder: Readonly<Ref<boolean>>
  readonly isReadingOlder: Readonly<Ref<boolean>>
  /** Reads again. Never rejects: a failure is in `problem`. */
  readonly reload: () => Promise<void>
  /** Reads so many older movements. Never rejects: a failure is in `problem`. */
  readonly older: (count: number) => Promise<void>
  /** Forgets old rows of a page that is open for long. */
  readonly trim: () => void
}

/** Most items of one reading. */
const ITEMS_MAX = 100

/** Follows the ledger of a place for as long as the page that calls this is there. */
export function useLedger(place: Place): FollowedLedger {
  const rows = shallowRef<readonly Movement[]>([])
  const balances = shallowRef<readonly Balance[]>([])
  const isCut = ref(false)
  const hasOlder = ref(false)
  const hasBegun = ref(false)
  const beganAt = ref(Number.POSITIVE_INFINITY)
  const isReadingOlder = ref(false)
  const problem = ref<Problem | null>(null) as Ref<Problem | null>

  const ledger = new Ledger(
    {
      stock: async () => {
        const page = await ask(api.GET('/api/stock/{place}', { params: { path: { place }, query: { limit: ITEMS_MAX } } }))
        isCut.value = Boolean(page.nextCursor)
        return page
      },
      movements: async (after, limit) => {
        const query = { after, limit }
        const page = await ask(api.GET('/api/stock/{place}/movements', { params: { path: { place }, query } }))
        return page.movements
      },
    },
    () => {
      rows.value = ledger.rows
      balances.value = ledger.balances
      hasOlder.value = ledger.hasOlder
    },
  )

  async function catchUp(): Promise<void> {
    try {
      const hasFound = await ledger.catchUp()
      // Something was not told: perhaps the socket is dead.
      if (hasFound && hasBegun.value) live.doubt()
      if (!hasBegun.value) beganAt.value = ledger.rows.at(-1)?.seq ?? 0
      hasBegun.value = true
      problem.value = null
    } catch (thrown) {
      problem.value = asProblem(thrown)
      throw thrown
    }
  }

  const live = useLive({
    topic: 'stock',
    message: ({ kind, body }) => {
      const movement = kind === 'movement' ? movementOf(place, body) : undefined
      if (movement !== undefined && !ledger.take(movement)) void live.catchUp()
    },
    catchUp,
  })
  void live.catchUp()

  return {
    rows,
    balances,
    isCut,
    isLoading: computed(() => !hasBegun.value && problem.value === null),
    problem,
    beganAt,
    hasOlder,
    isReadingOlder,
    reload: live.catchUp,
    older: async (count) => {
      if (isReadingOlder.value) return
      isReadingOlder.value = true
      try {
        await ledger.older(count)
        problem.value = null
      } catch (thrown) {
        problem.value = asProblem(thrown)
      } finally {
        isReadingOlder.value = false
      }
    },
    trim: () => {
      ledger.trim()
    },
  }
}
