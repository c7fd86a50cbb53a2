import { describe, expect, it } from 'vitest'
import { byRule, differenceWords, lookedAtWords, verdict, whereWords, type Check } from './conservation'

const check = (name: string, isGreen: boolean): Check => ({ name, place: 'kitchen', expected: 1, found: isGreen ? 1 : 2, difference: isGreen ? 0 : 1, isGreen })

describe('conservation in words', () => {
  it('counts what does not add up, also what the report had no room for', () => {
    expect(verdict({ isGreen: true, differences: [], differencesLeftOut: 0 })).toBe('Everything adds up.')
    const difference = { name: 'x', place: 'kitchen', expected: '1', found: '2' }
    expect(verdict({ isGreen: false, differences: [difference], differencesLeftOut: 0 })).toBe('One thing does not add up.')
    expect(verdict({ isGreen: false, differences: [difference], differencesLeftOut: 4 })).toBe('5 things do not add up.')
  })

  it('says what must be, what is, and how far apart they are', () => {
    expect(differenceWords({ expected: '5', found: '3', difference: -2 })).toBe('It must be 5, and it is 3, 2 too little.')
    expect(differenceWords({ expected: '0', found: '7', difference: 7 })).toBe('It must be 0, and it is 7, 7 too much.')
    expect(differenceWords({ expected: 'held by ord_1', found: 'held by nobody' })).toBe('It must be held by ord_1, and it is held by nobody.')
  })

  it('puts the rules that are broken first', () => {
    const groups = byRule([check('a', true), check('b', true), check('b', false), check('a', true)])
    expect(groups.map(({ name, checks, red }) => [name, checks.length, red])).toEqual([['b', 2, 1], ['a', 2, 0]])
  })

  it('names the place and of what', () => {
    expect(whereWords({ place: 'kitchen', item: 'carne_molida' })).toBe('Kitchen, carne molida')
    expect(whereWords({ place: 'money' })).toBe('Money')
    expect(whereWords({ place: 'inventory', item: 'prd_03r59fcqvqe436w3vhaq7p1v0r' })).toBe('Inventory, prd_03r59fcqvqe436w3vhaq7p1v0r')
  })

  it('leaves out what there is none of', () => {
    const none = { movements: 0, orders: 0, tickets: 0, supplies: 0, holders: 0, shards: 0, money: 0 }
    expect(lookedAtWords({ ...none, movements: 1_530, tickets: 1 })).toBe('1,530 movements and 1 ticket')
    expect(lookedAtWords(none)).toBe('nothing, because there is nothing yet')
  })
})
