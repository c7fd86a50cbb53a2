import { describe, expect, it } from 'vitest'
import { causeWords, countWords, toneOf } from './words'

describe('a cause', () => {
  it('says what a function meant', () => {
    expect(causeWords('{"errorType":"CardDeclined","errorMessage":"The bank said \\"no\\"."}')).toBe('The bank said "no".')
    expect(causeWords(JSON.stringify({ Error: 'CardDeclined', Cause: JSON.stringify({ errorMessage: 'No.' }) }))).toBe('No.')
    expect(causeWords('The time was over.')).toBe('The time was over.')
    expect(causeWords('{"other":1}')).toBe('{"other":1}')
    expect(causeWords(null)).toBe('')
  })

  it('is read as far as it goes when it was cut', () => {
    expect(causeWords('{"errorType":"TooBusy","errorMessage":"The market is too bu')).toBe('The market is too bu')
    expect(causeWords('{"trace": ["a", ')).toBe('{"trace": ["a",')
  })
})

describe('a list', () => {
  it('counts in words and colours what it does not know quietly', () => {
    expect([countWords(1), countWords(1204)]).toEqual(['1 execution', '1,204 executions'])
    expect([toneOf('FAILED'), toneOf('NEW')]).toEqual(['badge-bad', 'badge-soft'])
  })
})
