/**
 * What the pages ask of an engine on this machine. Nothing here has an idempotency key: what got no answer is looked after
 * before anybody is told that it may be done again.
 */
import { api, ask, type Shape } from '../../api/client'
import { asProblem, Problem } from '../../api/problem'
import { bodyOf, isSame, readFaults, type Fault, type SetFault } from './faults'

/** The clock of everything that waits. */
export type Clock = Shape<'LocalClock'>

export async function readClock(signal: AbortSignal | null = null): Promise<Clock> {
  return await ask(api.GET('/api/ops/local/clock', { signal }))
}

/**
 * Lets time pass, once.
 *
 * @param aheadS how far the clock was ahead when somebody asked for it
 * @throws Problem
 */
export async function passTime({ passS, aheadS }: { passS: number; aheadS: number }): Promise<Clock> {
  try {
    return await ask(api.POST('/api/ops/local/clock', { body: { passS } }))
  } catch (thrown) {
    const met = unheard(thrown)
    const now = await readClock().catch(() => null)
    if (now !== null && now.aheadS > aheadS + passS - 1) return now
    throw lost(met, 'The time may pass all the same, and many things that wait take a while. See what the clock shows before you press again: every press lets time pass once more.')
  }
}

/** The faults that are set, and how many of them this page does not know. */
export interface Faults {
  readonly faults: readonly SetFault[]
  readonly unknown: number
}

export async function listFaults(signal: AbortSignal | null = null): Promise<Faults> {
  return readFaults((await ask(api.GET('/api/ops/local/faults', { signal }))).faults)
}

/** Sets a fault, once. @param before the faults that were set @throws Problem */
export async function setFault({ fault, before }: { fault: Fault; before: readonly number[] }): Promise<Faults> {
  try {
    return readFaults((await ask(api.POST('/api/ops/local/faults', { body: bodyOf(fault) }))).faults)
  } catch (thrown) {
    const met = unheard(thrown)
    const now = await listFaults().catch(() => null)
    if (now?.faults.some((one) => !before.includes(one.id) && isSame(one, fault))) return now
    throw lost(met, 'The fault may be set or not. Look at the list before you press again.')
  }
}

/** Removes a fault, or all of them (`null`). @throws Problem */
export async function removeFaults({ id }: { id: number | null }): Promise<Faults> {
  return readFaults((await ask(api.DELETE('/api/ops/local/faults', { params: { query: id === null ? {} : { id } } }))).faults)
}

/** What got no answer; whatever else was thrown goes on. */
function unheard(thrown: unknown): Problem {
  const met = asProblem(thrown)
  if (met.certainty !== 'unknown') throw met
  return met
}

/** Told as refused, so that nobody sends it again by themselves. */
function lost(met: Problem, detail: string): Problem {
  const said = met.code === 'Unreachable' ? '' : `${met.detail} `
  return new Problem('No answer came', `${said}${detail}`, 'NotHeard', met.status, 'refused', false, [], null, met.requestId)
}
