/** The conditions under which this machine's shop works: what its simulated payment provider and market do on purpose. */
import { shallowRef } from 'vue'
import { api, ask, type Shape } from '../api/client'

/** How the world is. */
export type Conditions = Shape<'LocalConditions'>

/** Which of them can be switched. */
export type Condition = Exclude<keyof Conditions, 'notes'>

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

export async function readConditions(signal: AbortSignal | null = null): Promise<Conditions> {
  return await ask(api.GET('/api/ops/local/conditions', { signal }))
}

/** Switches one. All are set at once, so the others are read just before: somebody else may have switched them. */
export async function turnCondition({ condition, isOn }: { condition: Condition; isOn: boolean }): Promise<Conditions> {
  const { declinesCards, marketIsScarce } = await readConditions()
  const body: Record<Condition, boolean> = { declinesCards, marketIsScarce, [condition]: isOn }
  return await ask(api.PUT('/api/ops/local/conditions', { body }))
}
