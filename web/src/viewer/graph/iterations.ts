/** Iterations of a Map state: which to look at, and how they are offered. */
import type { Fate } from '../types'

/** What went wrong comes first, what is under way next. */
const RANKS: Record<Fate, number> = { failed: 0, timedOut: 0, aborted: 1, caught: 1, running: 2, waiting: 2, succeeded: 3 }
const GROUPS = ['Failed', 'Stopped or caught', 'Under way', 'Succeeded']

/** Picked in place of one: all iterations together. */
export const ALL_ITERATIONS = -1

/** More than these are too many to choose from a list. */
export const LISTED_MAX = 200

export interface IterationGroup {
  name: string
  /** From 0. */
  iterations: number[]
}

/** All iterations by how they fared, the failed first; empty groups are left out. */
export function groupsOf(fates: readonly Fate[]): IterationGroup[] {
  return GROUPS.map((name, rank) => ({ name, iterations: fates.flatMap((fate, number) => (RANKS[fate] === rank ? [number] : [])) })).filter(
    ({ iterations }) => iterations.length > 0,
  )
}

/** The one to look at first: the first that failed, else the first under way, else the first. `undefined` if there are none. */
export function firstToLookAt(fates: readonly Fate[]): number | undefined {
  let first: number | undefined
  fates.forEach((fate, number) => {
    if (first === undefined || RANKS[fate] < RANKS[fates[first] ?? 'succeeded']) first = number
  })
  return first
}

/** How many failed or timed out. */
export function failedCount(fates: readonly Fate[]): number {
  return fates.filter((fate) => RANKS[fate] === 0).length
}

/** All of them in words: `All 20 iterations, 2 failed`. */
export function togetherWords(fates: readonly Fate[]): string {
  const failed = failedCount(fates)
  const open = fates.filter((fate) => RANKS[fate] === 2).length
  const all = fates.length === 1 ? 'The one iteration' : `All ${fates.length.toLocaleString('en')} iterations`
  const parts = [all, ...(failed > 0 ? [`${failed.toLocaleString('en')} failed`] : []), ...(open > 0 ? [`${open.toLocaleString('en')} under way`] : [])]
  return parts.join(', ')
}

/** What a key picks: one further or back, the next that failed, or all together. `undefined` if it picks nothing. */
export function pickedByKey(key: string, fates: readonly Fate[], picked: number): number | undefined {
  const pick = { n: Math.min(fates.length - 1, picked + 1), p: picked <= 0 ? undefined : picked - 1, f: nextFailed(fates, picked), a: ALL_ITERATIONS }[key]
  return pick === picked || fates.length === 0 ? undefined : pick
}

/** The next one that failed after this, from the beginning again after the last. `undefined` if none did. */
export function nextFailed(fates: readonly Fate[], after: number): number | undefined {
  const isFailed = (number: number) => RANKS[fates[number] ?? 'succeeded'] === 0
  const failed = fates.map((_, number) => number).filter(isFailed)
  return failed.find((number) => number > after) ?? failed[0]
}
