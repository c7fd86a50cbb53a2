/** The faults that are set, kept up to date while there are any, and setting and removing them. */
import { ref, shallowRef, watch, type Ref } from 'vue'
import { useAction } from '../../api/use-action'
import { useLoaded, type Loaded } from '../../api/use-loaded'
import type { Problem } from '../../api/problem'
import { usePoll } from '../../live/use-poll'
import { listFaults, removeFaults, setFault, type Faults } from './calls'
import { deedWords, placeWords, type Fault } from './faults'
import { knownFaults } from './known'

/** They strike while somebody looks. */
const LOOK_EVERY_MS = 5_000

export interface FaultsInHand {
  readonly loaded: Loaded<Faults>
  readonly isRunning: Readonly<Ref<boolean>>
  /** Why the last change came to nothing. */
  readonly problem: Readonly<Ref<Problem | null>>
  /** What the last change did, as a sentence. */
  readonly done: Readonly<Ref<string>>
  /** @returns whether it is set */
  readonly set: (fault: Fault) => Promise<boolean>
  /** One by its id, or all. */
  readonly remove: (id: number | null) => Promise<void>
}

export function useFaults(): FaultsInHand {
  const loaded = useLoaded(listFaults)
  const isRunning = ref(false)
  const problem = shallowRef<Problem | null>(null)
  const done = ref('')
  const setting = useAction('set-fault', setFault)
  const removing = useAction('remove-faults', removeFaults)
  watch(loaded.value, (now) => {
    knownFaults.value = now
  })
  usePoll(LOOK_EVERY_MS, () => !isRunning.value && (loaded.value.value?.faults.length ?? 0) > 0, loaded.reload)

  /** One change at a time, whichever button asked for it. */
  async function change(run: () => Promise<Faults | undefined>, why: () => Problem | null, words: string): Promise<boolean> {
    if (isRunning.value) return false
    isRunning.value = true
    problem.value = null
    done.value = ''
    try {
      const now = await run()
      problem.value = why()
      if (now === undefined) await loaded.reload()
      else {
        loaded.value.value = now
        done.value = words
      }
      return now !== undefined
    } finally {
      isRunning.value = false
    }
  }

  return {
    loaded,
    isRunning,
    problem,
    done,
    set: (fault) => {
      const before = (loaded.value.value?.faults ?? []).map(({ id }) => id)
      return change(() => setting.run({ fault, before }), () => setting.problem.value, `Set at ${placeWords(fault.machine, fault.state)}: ${deedWords(fault.deed)}.`)
    },
    remove: async (id) => {
      await change(() => removing.run({ id }), () => removing.problem.value, id === null ? 'All faults are removed.' : 'The fault is removed.')
    },
  }
}
