/**
 * Something a person does, once: runs one at a time, keeps its idempotency key until the API has answered, repeats by
 * itself for a short while what got no answer (under the same key), and then shows what went wrong.
 */
import { readonly, ref, type Ref } from 'vue'
import { Intent } from './intent'
import { asProblem, ofDoing, type Problem } from './problem'

/** Pauses before the same request is sent again after no answer, ms. */
const PAUSES_MS = [500, 1_500, 4_000]

/** What a page binds to its button. */
export interface Action<Body, Result> {
  /**
   * Does it. Resolves to the API's answer, or to `undefined` when it was refused, got no answer (see `problem`), or
   * is running already.
   */
  readonly run: (body: Body) => Promise<Result | undefined>
  readonly isRunning: Readonly<Ref<boolean>>
  /** Why the latest run came to nothing. */
  readonly problem: Readonly<Ref<Problem | null>>
  /** Forgets the problem, for a form that is being changed. */
  readonly forget: () => void
}

/**
 * @param name what is done, e.g. `place-order`; part of the key's identity
 * @param send one request, under the key it is given
 */
export function useAction<Body, Result>(
  name: string,
  send: (body: Body, key: string) => Promise<Result>,
): Action<Body, Result> {
  const isRunning = ref(false)
  const problem = ref<Problem | null>(null)

  async function run(body: Body): Promise<Result | undefined> {
    if (isRunning.value) return undefined
    isRunning.value = true
    problem.value = null
    let intent: Intent | undefined
    try {
      const mine = Intent.of(name, body)
      intent = mine
      const result = await persist(() => send(body, mine.key))
      mine.answered()
      return result
    } catch (thrown) {
      const met = ofDoing(asProblem(thrown))
      // What may have been carried out is asked after under the same key the next time.
      if (met.certainty === 'refused') intent?.answered()
      problem.value = met
      return undefined
    } finally {
      isRunning.value = false
    }
  }

  return {
    run,
    isRunning: readonly(isRunning),
    problem: problem as Readonly<Ref<Problem | null>>,
    forget: () => {
      problem.value = null
    },
  }
}

async function persist<Result>(send: () => Promise<Result>): Promise<Result> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await send()
    } catch (thrown) {
      if (asProblem(thrown).certainty !== 'unknown' || !asProblem(thrown).isRetryable) throw thrown
      await new Promise((wake) => setTimeout(wake, pauseMs))
    }
  }
  return await send()
}
