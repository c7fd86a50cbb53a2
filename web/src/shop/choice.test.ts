import { describe, expect, it } from 'vitest'
import { choiceOf, choiceText } from './choice'

describe('a choice in an address', () => {
  it('comes back as it was', () => {
    const choice = new Map([
      ['dsh_a', 2],
      ['dsh_b', 1],
      ['dsh_c', 0],
    ])
    expect(choiceText(choice)).toBe('dsh_a~2.dsh_b~1')
    expect([...choiceOf(choiceText(choice), 20)]).toEqual([
      ['dsh_a', 2],
      ['dsh_b', 1],
    ])
  })

  it('is none where there is none, and never more than may be', () => {
    for (const odd of [undefined, null, ['x'], '', 'dsh_a', 'dsh_a~', 'dsh_a~-1', 'dsh_a~0', '~3', '<b>~3']) {
      expect([...choiceOf(odd, 20)], String(odd)).toEqual([])
    }
    expect(choiceOf('dsh_a~900', 20).get('dsh_a')).toBe(20)
  })
})
