/** What the pages ask of queues and their dead letters. */
import { api, ask, type Shape } from '../../api/client'
import { asProblem, Problem } from '../../api/problem'

/** A queue that the server looks after. */
export type Queue = Shape<'WatchedQueue'>
/** A message that could not be worked on. */
export type Letter = Shape<'DeadLetter'>
/** Dead letters of a queue. */
export type Letters = Shape<'DeadLetters'>
/** What was moved, or would be. */
export type Redriven = Shape<'Redriven'>

export async function readQueues(signal: AbortSignal) {
  return await ask(api.GET('/api/ops/queues', { signal }))
}

/** Looks at the dead letters of a queue, which raises the receive count of each. Only for somebody who asks for it. */
export async function readLetters(queue: string, signal: AbortSignal): Promise<Letters> {
  return await ask(api.GET('/api/ops/queues/letters', { params: { query: { queue } }, signal }))
}

/** Which letters are meant: one by its id, or all (`null`). */
export interface Meant {
  readonly queue: string
  readonly messageId: string | null
}

/** What a redrive would move. @throws Problem */
export async function previewRedrive(meant: Meant): Promise<Redriven> {
  return await redrive(meant, true)
}

/**
 * Moves letters. Without an answer it is not done again by itself: whoever asked looks first at what is left.
 *
 * @throws Problem
 */
export async function redriveLetters(meant: Meant): Promise<Redriven> {
  try {
    return await redrive(meant, false)
  } catch (thrown) {
    const met = asProblem(thrown)
    if (met.certainty !== 'unknown') throw met
    throw new Problem(
      'No answer came',
      'Letters may have been moved, or not. None is lost: each is sent before it is taken away. Look at the dead letters again; those that are still there were not moved, or are there twice.',
      'RedriveUnheard',
      met.status,
      'refused',
      false,
      [],
      null,
      met.requestId,
    )
  }
}

async function redrive({ queue, messageId }: Meant, dryRun: boolean): Promise<Redriven> {
  const which = messageId === null ? { all: true } : { messageId }
  return await ask(api.POST('/api/ops/queues/redrive', { body: { queue, ...which, dryRun } }))
}
