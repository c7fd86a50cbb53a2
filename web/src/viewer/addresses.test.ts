import { describe, expect, it } from 'vitest'
import { arnWords, executionAt, numberAt, placeOfArn, trailOf } from './addresses'

const ORDER = 'arn:aws:states:us-east-1:1:execution:order:ord_1'
const REFUND = 'arn:aws:states:us-east-1:1:execution:refund-order:rfd.1'
const RUN = 'arn:aws:states:us-east-1:1:mapRun:import/Pages:b7'

describe('an address', () => {
  it('has the ARN in its query, and the way that led there', () => {
    expect(executionAt(REFUND, [ORDER])).toEqual({ path: '/ops/execution', query: { arn: REFUND, through: [ORDER] } })
    expect(executionAt(ORDER)).toEqual({ path: '/ops/execution', query: { arn: ORDER } })
    expect(placeOfArn(RUN, [ORDER])).toEqual({ path: '/ops', query: { mapRun: RUN, through: [ORDER] } })
  })

  it('goes back up the way by which somebody came', () => {
    expect(executionAt(ORDER, [ORDER, RUN])).toEqual({ path: '/ops/execution', query: { arn: ORDER } })
    expect(executionAt(REFUND, [ORDER, REFUND, RUN])).toEqual({ path: '/ops/execution', query: { arn: REFUND, through: [ORDER] } })
  })

  it('is read whatever it says', () => {
    expect(trailOf({ through: [ORDER, null, ''] })).toEqual([ORDER])
    expect(trailOf({})).toEqual([])
  })
})

describe('an ARN in words', () => {
  it('says the machine and the name', () => {
    expect(arnWords(ORDER)).toBe('order · ord_1')
    expect(arnWords(RUN)).toBe('import · items')
    expect(arnWords('arn:aws:states:us-east-1:1:execution:import/Pages:x-1')).toBe('import · x-1')
    expect(arnWords('odd')).toBe('odd')
  })

  it('has numbers where the answer has them', () => {
    expect(numberAt({ itemCounts: { total: 4 } }, 'itemCounts', 'total')).toBe(4)
    expect(numberAt({}, 'itemCounts', 'total')).toBe(0)
  })
})
