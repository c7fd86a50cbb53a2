import { describe, expect, it } from 'vitest'
import type { Fate } from '../types'
import { ALL_ITERATIONS, failedCount, pickedByKey, togetherWords } from './iterations'

const FATES: Fate[] = ['succeeded', 'failed', 'running', 'succeeded', 'timedOut', 'succeeded']

describe('keys of the iteration picker', () => {
  it('go one further and back, and stay at the ends', () => {
    expect([pickedByKey('n', FATES, 2), pickedByKey('p', FATES, 2)]).toEqual([3, 1])
    expect([pickedByKey('n', FATES, 5), pickedByKey('p', FATES, 0)]).toEqual([undefined, undefined])
  })

  it('go from one that failed to the next, around', () => {
    expect([ALL_ITERATIONS, 1, 2, 4].map((picked) => pickedByKey('f', FATES, picked))).toEqual([1, 4, 4, 1])
    expect(pickedByKey('f', ['succeeded'], 0)).toBeUndefined()
    expect(pickedByKey('f', ['failed'], 0)).toBeUndefined()
  })

  it('look at all together, and from there at the first', () => {
    expect(pickedByKey('a', FATES, 3)).toBe(ALL_ITERATIONS)
    expect(pickedByKey('n', FATES, ALL_ITERATIONS)).toBe(0)
    expect(pickedByKey('p', FATES, ALL_ITERATIONS)).toBeUndefined()
    expect(pickedByKey('a', FATES, ALL_ITERATIONS)).toBeUndefined()
    expect(pickedByKey('x', FATES, 1)).toBeUndefined()
    expect(pickedByKey('n', [], ALL_ITERATIONS)).toBeUndefined()
  })
})

it('says how many failed', () => {
  expect(failedCount(FATES)).toBe(2)
  expect(togetherWords(FATES)).toBe('All 6 iterations, 2 failed, 1 under way')
  expect(togetherWords(['succeeded'])).toBe('The one iteration')
})
