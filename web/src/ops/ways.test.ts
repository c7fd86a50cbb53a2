import { describe, expect, it } from 'vitest'
import { waysOf } from './ways'

const words = (features: readonly string[], hasShop: boolean) => waysOf(features, hasShop).map((way) => way.words)

describe('the operations pages', () => {
  it('of a shop on this machine are all there', () => {
    expect(words(['queues', 'effects', 'clock', 'faults', 'conditions'], true)).toEqual(['Executions', 'Queues', 'Conservation', 'This machine', 'Open a file'])
  })

  it('of a shop elsewhere leave out what only a machine of one’s own can do', () => {
    expect(words(['queues', 'effects'], true)).toEqual(['Executions', 'Queues', 'Conservation', 'Open a file'])
  })

  it('of the viewer alone are those that need no shop', () => {
    expect(words([], false)).toEqual(['Executions', 'Open a file'])
  })
})
