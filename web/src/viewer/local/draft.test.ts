import { describe, expect, it } from 'vitest'
import { faultOf, newDraft, type Draft } from './draft'

const fault = (change: Partial<Draft>) => {
  const read = faultOf({ ...newDraft(), machine: 'order', ...change })
  return 'fault' in read ? read.fault : Object.keys(read.wrong)
}

describe('a fault that is put together', () => {
  it('is at first the one that harms least: once, for sure', () => {
    expect(fault({})).toEqual({ machine: 'order', state: '*', deed: { kind: 'lose_answer' }, times: 1, probability: 1 })
    expect(faultOf(newDraft())).toEqual({ wrong: { machine: 'Choose a machine.' } })
  })

  it('has what belongs to its kind and nothing else', () => {
    expect(fault({ kind: 'fail', error: ' Busy ', cause: '', seconds: 'x' })).toMatchObject({ deed: { kind: 'fail', error: 'Busy', cause: '' } })
    expect(fault({ kind: 'delay', seconds: ' 90 ' })).toMatchObject({ deed: { kind: 'delay', seconds: 90 } })
    expect(fault({ often: 'always', percent: '12,5', times: '' })).toMatchObject({ times: null, probability: 0.125 })
    expect(fault({ often: 'times', times: '7' })).toMatchObject({ times: 7 })
  })

  it('says what is wrong with it', () => {
    expect(fault({ kind: 'fail' })).toEqual(['error'])
    for (const seconds of ['', '0', '-1', '1.5', '86401', '1e3']) expect(fault({ kind: 'delay', seconds })).toEqual(['seconds'])
    for (const times of ['', '0', 'many']) expect(fault({ often: 'times', times })).toEqual(['times'])
    for (const percent of ['', '0', '101', '-5', 'half', '1e1']) expect(fault({ percent })).toEqual(['percent'])
  })
})
