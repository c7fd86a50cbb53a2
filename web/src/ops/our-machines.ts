/** What the shop's operations pages tell the viewer of our own machines. */
import { computed, provide, ref, watch } from 'vue'
import { api, ask } from '../api/client'
import { useLoaded } from '../api/use-loaded'
import { usePoll } from '../live/use-poll'
import type { OwnMachines } from '../viewer/own'
import { BOOKS, mayChange, type Books } from './books'
import { isOfAnOrder, machineOf, namesIn } from './machines'
import OrderEnd from './OrderEnd.vue'
import OrderNotes from './OrderNotes.vue'
import StateEffects from './StateEffects.vue'
import EffectsPanel from './EffectsPanel.vue'
import { actionsOf } from './stuck'
import { ownWaiting } from './waiting'
import { headlineOf, isOurs } from './words'

/** An order may change without its execution: its buyer pays, a refund comes back. */
const LOOK_EVERY_MS = 10_000
/** So many looks after the last event, an hour of them: a page that is forgotten asks no more. */
const LOOKS_MAX = 360
/** What a new event tells of is in the books a moment later. */
const SOON_MS = 1_500

export const ourMachines: OwnMachines = ({ arn, run, chart, look }) => {
  const machine = machineOf(namesIn(arn).machine)
  if (machine === null) return null
  const hasOrder = isOfAnOrder(arn)
  const isOurOwn = (): boolean => chart.value === undefined || isOurs(machine, chart.value)
  const loaded = useLoaded(async (signal) => (hasOrder ? await ask(api.GET('/api/ops/execution/effects', { params: { query: { arn } }, signal })) : undefined))
  const isStale = ref(false)
  let looks = 0
  watch(
    () => run.value?.events.length,
    () => {
      isStale.value = true
      looks = 0
    },
  )
  usePoll(SOON_MS, () => hasOrder && isStale.value, async () => {
    isStale.value = false
    await loaded.reload()
  })
  const isWorthALook = (): boolean => {
    if (!hasOrder || !mayChange(run.value, loaded.value.value)) return false
    return run.value?.status === 'RUNNING' || (looks < LOOKS_MAX && loaded.problem.value?.status !== 404)
  }
  usePoll(LOOK_EVERY_MS, isWorthALook, async () => {
    looks += 1
    await loaded.reload()
  })

  const effects = computed(() => (isOurOwn() ? loaded.value.value : undefined))
  const books: Books = {
    arn,
    machine,
    effects,
    problem: loaded.problem,
    isLoading: loaded.isLoading,
    hasOrder,
    reload: loaded.reload,
    changed: async () => {
      await Promise.all([loaded.reload(), look()])
    },
  }
  provide(BOOKS, books)
  return {
    headline: (of, nowMs) => (isOurOwn() ? headlineOf(machine, of, effects.value, nowMs) : null),
    waiting: (waiting, of, nowMs) => (isOurOwn() ? ownWaiting(machine, waiting, of, effects.value, nowMs) : null),
    advice: (gap) =>
      machine === 'hold-order' && gap.includes('The machine logs')
        ? 'Of this shop that is the parameter HoldOrderLogLevel of its template: ALL writes everything, ERROR costs less.'
        : null,
    actions: (of, nowMs) => (isOurOwn() ? actionsOf(machine, of, effects.value, nowMs) : null),
    Notes: OrderNotes,
    End: OrderEnd,
    tab: hasOrder ? { words: 'Effects', Panel: EffectsPanel } : null,
    OfState: StateEffects,
  }
}
