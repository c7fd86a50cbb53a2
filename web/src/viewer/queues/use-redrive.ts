/** Dead letters that are redriven: all of them in as many requests as it takes, and what became of each. */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { useAction } from '../../api/use-action'
import type { Problem } from '../../api/problem'
import { redriveLetters, type Meant, type Redriven } from './calls'
import { goesOn } from './words'

/** Requests of fifty letters for one press. */
const REQUESTS_MAX = 40

/** What became of the letters so far. */
export interface Outcome {
  readonly feeds: string
  readonly letters: readonly Redriven['letters'][number][]
  /** Whether these were all that could be seen. */
  readonly isAll: boolean
  readonly notes: readonly string[]
}

export interface Redrive {
  readonly outcome: ShallowRef<Outcome | null>
  readonly isRunning: Readonly<Ref<boolean>>
  readonly problem: Readonly<Ref<Problem | null>>
  /** Once at a time: a second press while it runs does nothing. @returns whether something was answered */
  readonly run: (meant: Meant) => Promise<boolean>
  readonly forget: () => void
  /** Asks no further after the request under way. */
  readonly stop: () => void
}

/** @param moved is told of the letters of each answer */
export function useRedrive(moved: (answer: Redriven) => void): Redrive {
  const outcome = shallowRef<Outcome | null>(null)
  const isStopped = ref(false)
  const action = useAction('redrive-letters', async (meant: Meant) => {
    outcome.value = null
    isStopped.value = false
    const letters: Redriven['letters'] = []
    for (let request = 0; request < REQUESTS_MAX && !isStopped.value; request += 1) {
      const answer = await redriveLetters(meant)
      letters.push(...answer.letters)
      outcome.value = {
        feeds: answer.feeds,
        letters: [...letters],
        isAll: answer.isAll,
        notes: answer.notes,
      }
      moved(answer)
      if (meant.messageId !== null || !goesOn(answer)) break
    }
    return true
  })
  // Nobody sees what becomes of the rest once the page is left.
  onScopeDispose(() => {
    isStopped.value = true
  })
  return {
    outcome,
    isRunning: action.isRunning,
    problem: action.problem,
    run: async (meant) => (await action.run(meant)) === true,
    forget: () => {
      action.forget()
      if (!action.isRunning.value) outcome.value = null
    },
    stop: () => {
      isStopped.value = true
    },
  }
}
