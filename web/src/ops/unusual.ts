/** What makes the world of this machine unusual, in one sentence. */
import type { Clock, Faults } from '../viewer/local/calls'
import { isSpent } from '../viewer/local/faults'
import { aheadWords } from '../viewer/local/time'
import { conditionParts, type Conditions } from './conditions'

const LIST = new Intl.ListFormat('en', { type: 'conjunction' })

/** `On this machine: 1 fault is set and the clock is 15 minutes ahead.`; `null` if all is as it should be. */
export function unusualWords(faults: Faults | undefined, conditions: Conditions | undefined, clock: Clock | undefined): string | null {
  const set = (faults?.faults.filter((fault) => !isSpent(fault)).length ?? 0) + (faults?.unknown ?? 0)
  const ahead = clock === undefined ? null : aheadWords(clock.aheadS)
  const parts = [
    ...(set === 0 ? [] : [set === 1 ? '1 fault is set' : `${set} faults are set`]),
    ...conditionParts(conditions),
    ...(ahead === null ? [] : [`the clock is ${ahead}`]),
  ]
  return parts.length === 0 ? null : `On this machine: ${LIST.format(parts)}.`
}
