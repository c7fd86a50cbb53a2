import { expect, it } from 'vitest'
import { costWords } from './cost-words'

it('says what an execution cost, and that it may have been more', () => {
  const none = { transitions: 1, retries: 0, redrives: 0, lambdaInvocations: 0, otherCalls: 0, isAtLeast: false }
  expect(costWords(none)).toBe('Cost: 1 transition')
  expect(costWords({ transitions: 1204, retries: 2, redrives: 1, lambdaInvocations: 1, otherCalls: 3, isAtLeast: true })).toBe(
    'Cost: at least 1,204 transitions, 2 retries and 1 redrive among them · 1 function call · 3 other calls',
  )
})
