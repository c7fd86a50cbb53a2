import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readRun } from '../viewer/run/read-run'
import { billOf, dollars, PRICES, PRICES_OF, pathOf, UNITS } from './cost'
import { effectsOf } from './fixtures'
import type { Effect } from './told'

const document = readFileSync(new URL('../../../docs/costs.md', import.meta.url), 'utf8')

/** A table of the document, by row and column. */
function table(firstRow: string): Map<string, Map<string, number>> {
  const lines = document.split('\n')
  const begin = lines.findIndex((line) => line.startsWith(firstRow))
  const cells = (line: string): string[] => line.split('|').slice(1, -1).map((cell) => cell.trim())
  const names = cells(lines[begin] ?? '')
  const rows = new Map<string, Map<string, number>>()
  for (const line of lines.slice(begin + 2)) {
    if (!line.startsWith('|')) break
    const [what = '', ...counts] = cells(line)
    rows.set(what, new Map(counts.map((count, place) => [names[place + 1] ?? '', Number(count)])))
  }
  return rows
}

describe('what an execution cost', () => {
  it('has the units that are counted for whole orders', () => {
    const counted = table('|  | paid')
    for (const [path, { write, read }] of Object.entries(UNITS)) {
      expect([write, read], path).toEqual([counted.get('DynamoDB write request units')?.get(path), counted.get('DynamoDB read request units')?.get(path)])
    }
  })

  it('has the prices of the document, of the same month', () => {
    const [counted, billed] = [table('|  | paid'), table('| US dollars per million')]
    const rows: [keyof typeof PRICES, string][] = [
      ['transitions', 'Step Functions Standard transitions'],
      ['expressRequests', 'Step Functions Express requests'],
      ['lambdaRequests', 'Lambda requests'],
      ['writeUnits', 'DynamoDB write request units'],
      ['readUnits', 'DynamoDB read request units'],
      ['sqsRequests', 'SQS requests'],
    ]
    expect(rows.map(([name]) => name).sort()).toEqual(Object.keys(PRICES).sort())
    for (const [name, row] of rows) {
      const [count, dollars] = [counted.get(row)?.get('dish, two short') ?? 0, billed.get(row)?.get('dish, two short') ?? 0]
      expect(Math.abs(PRICES[name] * count - dollars), row).toBeLessThan(0.006)
    }
    expect(document).toContain(`as published in ${PRICES_OF}`)
  })
})

/** A history in which states followed one another, each calling a function or sending a message. */
function went(...names: string[]): ReturnType<typeof readRun> {
  const events: Record<string, unknown>[] = [{ type: 'ExecutionStarted', executionStartedEventDetails: { input: '{"kind":"ticket"}' } }]
  for (const name of names) {
    events.push({ type: 'TaskStateEntered', stateEnteredEventDetails: { name, input: '{}' } })
    if (name === 'ChargePayment') {
      const details = { resourceType: 'lambda', resource: 'invoke' }
      events.push({ type: 'TaskScheduled', taskScheduledEventDetails: { ...details, parameters: '{}' } }, { type: 'TaskStarted', taskStartedEventDetails: details }, { type: 'TaskSucceeded', taskSucceededEventDetails: { ...details, output: '{}' } })
    }
    events.push({ type: 'TaskStateExited', stateExitedEventDetails: { name, output: '{}' } })
  }
  events.push({ type: 'ExecutionSucceeded', executionSucceededEventDetails: { output: '{}' } })
  return readRun(events.map((event, index) => ({ id: index + 1, previousEventId: index, timestamp: 9 + index / 100, ...event })), null)
}

describe('the units of an order', () => {
  const straight = ['IsAnythingShort', 'AwaitPayment', 'ChargePayment', 'WhatIsSold', 'CompleteOrder']
  it('are those of the path that it went', () => {
    expect(pathOf('order', went(...straight), effectsOf({ attempts: ['succeeded'] }))).toBe('paid')
    expect(pathOf('order', went('IsAnythingShort', 'AwaitPayment', 'ExpireOrder'), effectsOf({}))).toBe('expired')
  })

  it('are left out where it went otherwise', () => {
    expect(pathOf('order', went(...straight), effectsOf({ attempts: ['declined', 'succeeded'] }))).toBeNull()
    expect(pathOf('order', went('IsAnythingShort', 'AwaitPayment', 'OrderCancelled'), effectsOf({}))).toBeNull()
    expect(pathOf('refund-order', went('RefundPayment'), effectsOf({}))).toBeNull()
    expect(pathOf('order', went(...straight), undefined)).toBeNull()
    const dish = ['IsAnythingShort', 'AwaitPayment', 'ChargePayment', 'WhatIsSold', 'ServeDish']
    const bought: Effect = { state: 'BuyFromMarket', kind: 'movement', what: '3 of pasta: bought (warehouse).', amount: 3, at: '2026-11-22T00:00:00Z', undoneBy: null, link: null }
    const lines = [{ dishId: 'dsh_1', title: 'Pasta', quantity: 1, priceMinor: 900 }]
    expect(pathOf('order', went(...dish), effectsOf({ lines }))).toBe('dish')
    expect(pathOf('order', went(...dish), effectsOf({ lines, effects: [bought] }))).toBeNull()
  })

  it('are part of the bill', () => {
    const { items, dollars: sum, isAtLeast } = billOf('order', went(...straight), effectsOf({ attempts: ['succeeded'] }))
    expect(items.map(({ what, count }) => [what, count])).toEqual([
      ['Standard transitions', 5],
      ['Lambda requests', 1],
      ['DynamoDB write units, about', 33],
      ['DynamoDB read units, about', 11],
    ])
    expect(sum * 1e6).toBeCloseTo(125 + 0.2 + 20.625 + 1.375)
    expect(isAtLeast).toBe(false)
  })

  it('are shown in few figures', () => {
    expect(dollars(0.0001497)).toBe('$0.000150')
    expect(dollars(0)).toBe('$0')
  })
})
