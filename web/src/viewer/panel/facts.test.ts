import { describe, expect, it } from 'vitest'
import { runOf } from '../run/fixtures/load'
import type { ChartState } from '../types'
import { causeOf, functionName, functionOf, triesOf } from './facts'

describe('a cause', () => {
  it('is a sentence with the lines of a stack, where a function threw', () => {
    const cause = causeOf('{"errorMessage":"Sold.","errorType":"TicketSold","trace":["at hold (index.js:3)",""]}')
    expect(cause).toMatchObject({ message: 'Sold.', stack: ['at hold (index.js:3)'] })
    expect(cause?.json).not.toBeNull()
  })

  it('is text where it is text', () => {
    expect(causeOf('Too many at once.')).toEqual({ message: 'Too many at once.', stack: [], json: null })
  })

  it('is JSON without a sentence where it has none', () => {
    expect(causeOf('{"Status":"FAILED"}')).toEqual({ message: '', stack: [], json: '{"Status":"FAILED"}' })
    expect(causeOf(null)).toBeNull()
  })
})

describe('tries', () => {
  it('tell the pause before each', () => {
    const { run } = runOf('own/nested')
    const visit = run.visits.find(({ attempts }) => attempts.length === 2)
    const tries = visit === undefined ? [] : triesOf(visit, run.redrivenMs)
    expect(tries.map(({ number, isRedrive }) => [number, isRedrive])).toEqual([
      [1, false],
      [2, false],
    ])
    expect(tries[0]?.pauseMs).toBeNull()
    expect(tries[1]?.pauseMs).toBeGreaterThan(1_000)
  })

  it('tell a redrive from a retry', () => {
    const { run } = runOf('own/redriven')
    const visit = run.visits.find(({ attempts }) => attempts.length === 2)
    expect(visit === undefined ? [] : triesOf(visit, run.redrivenMs).map(({ isRedrive }) => isRedrive)).toEqual([false, true])
  })
})

describe('whose log is read', () => {
  const state = (definition: Record<string, unknown>) => ({ definition }) as ChartState
  const attempt = (asked: string | null) => ({ number: 0, beganMs: 0, endedMs: null, fate: 'running', error: null, cause: null, asked, answered: null }) as const

  it("is the function's that was asked", () => {
    const lambda = state({ Resource: 'arn:aws:states:::lambda:invoke', Arguments: { FunctionName: '{% $which %}' } })
    expect(functionOf(lambda, [attempt('{"FunctionName":"arn:aws:lambda:eu-west-1:1:function:charge:live"}')])).toBe('arn:aws:lambda:eu-west-1:1:function:charge:live')
    expect(functionName('arn:aws:lambda:eu-west-1:1:function:charge:live')).toBe('charge')
  })

  it("is the definition's where the history does not tell", () => {
    const lambda = state({ Resource: 'arn:aws:states:::lambda:invoke', Arguments: { FunctionName: 'charge' } })
    expect(functionOf(lambda, [attempt(null)])).toBe('charge')
  })

  it('is nobody’s where a queue was asked', () => {
    expect(functionOf(state({ Resource: 'arn:aws:states:::sqs:sendMessage' }), [attempt('{"FunctionName":"odd"}')])).toBeNull()
  })
})
