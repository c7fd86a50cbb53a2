/** The conditions under which this machine's shop works: what its simulated payment provider and market do on purpose. */
import type createClient from 'openapi-fetch'
import { shallowRef } from 'vue'
import { api, ask } from '../api/client'

/** How the world is. */
export interface Conditions {
  readonly declinesCards: boolean
  readonly marketIsScarce: boolean
  /** What to know about it, in words. */
  readonly notes: string[]
}

/** Which of them can be switched. */
export type Condition = 'declinesCards' | 'marketIsScarce'

/** What is said of a condition. */
export interface ConditionWords {
  readonly condition: Condition
  readonly name: string
  readonly says: string
  readonly protects: string
  /** Within a sentence about what is unusual. */
  readonly brief: string
}

export const CONDITIONS: readonly ConditionWords[] = [
  {
    condition: 'declinesCards',
    name: 'Every card is declined',
    says: 'The simulated provider declines every charge, whatever the card.',
    protects: 'Nobody is charged. What is held stays held until its time is over, so a buyer can pay once this is off again.',
    brief: 'every card is declined',
  },
  {
    condition: 'marketIsScarce',
    name: 'The market is scarce',
    says: 'The market yields nothing in any round that is opened from now on.',
    protects: 'The warehouse asks a bounded number of times. An order that still lacks something then ends as unavailable, and nobody is charged.',
    brief: 'the market is scarce',
  },
]

/** What was last heard of them; undefined where nobody has asked yet, or there are none. */
export const knownConditions = shallowRef<Conditions>()

/** Those that are on, as parts of a sentence. */
export function conditionParts(conditions: Conditions | undefined): string[] {
  return CONDITIONS.filter(({ condition }) => conditions?.[condition] === true).map(({ brief }) => brief)
}

interface Answers {
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Conditions } } }
}
interface Paths {
  '/api/ops/local/conditions': { get: Answers; put: Answers & { requestBody: { content: { 'application/json': Record<Condition, boolean> } } } }
}
const conditionsApi = api as unknown as ReturnType<typeof createClient<Paths>>

export async function readConditions(signal: AbortSignal | null = null): Promise<Conditions> {
  return await ask(conditionsApi.GET('/api/ops/local/conditions', { signal }))
}

/** Sets all of them; the same twice is the same. */
export async function putConditions(body: Record<Condition, boolean>): Promise<Conditions> {
  return await ask(conditionsApi.PUT('/api/ops/local/conditions', { body }))
}
