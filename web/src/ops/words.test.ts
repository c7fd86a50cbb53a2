import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readRun } from '../viewer/run/read-run'
import { readChart, isProblem } from '../viewer/chart/read-chart'
import { MACHINES, type Machine } from './machines'
import { headlineOf, isOurs, WORDS } from './words'
import { effectsOf, historyOf } from './fixtures'

interface State {
  Type: string
  End?: boolean
  ItemProcessor?: Flow
  Branches?: Flow[]
}
interface Flow {
  StartAt: string
  States: Record<string, State>
}

function definition(machine: Machine): Flow {
  return JSON.parse(readFileSync(new URL(`../../../workflows/${machine}.asl.json`, import.meta.url), 'utf8')) as Flow
}

/** All states of a flow by name, also those within. */
function statesIn(flow: Flow): [string, State][] {
  return Object.entries(flow.States).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...[...(state.ItemProcessor ? [state.ItemProcessor] : []), ...(state.Branches ?? [])].flatMap(statesIn),
  ])
}

describe.each(MACHINES)('the words of %s', (machine) => {
  it('are there for every state, and for no other', () => {
    expect(Object.keys(WORDS[machine].states).sort()).toEqual(statesIn(definition(machine)).map(([name]) => name).sort())
  })

  it('are there for every end, and for no other', () => {
    const ends = Object.entries(definition(machine).States).filter(([, { Type, End }]) => End === true || Type === 'Succeed' || Type === 'Fail')
    expect(Object.keys(WORDS[machine].ends).sort()).toEqual(ends.map(([name]) => name).sort())
  })

  it('are of the machine that begins so', () => {
    const chart = readChart(definition(machine))
    if (isProblem(chart)) throw new Error('our own definition is not read')
    expect(isOurs(machine, chart)).toBe(true)
    const other = readChart({ StartAt: 'Another', States: { Another: { Type: 'Succeed' } } })
    if (isProblem(other)) throw new Error('it is not read')
    expect(isOurs(machine, other)).toBe(false)
  })

  it('say something in each state, with the books and without them', () => {
    for (const [name] of statesIn(definition(machine))) {
      const run = readRun(historyOf(name), null)
      for (const effects of [undefined, effectsOf({})]) {
        const words = headlineOf(machine, run, effects, 10_000)
        expect(words, name).toMatch(/^[A-Z].{5,}[^.]$/)
        expect(words).not.toMatch(/undefined|NaN|null|\[object/)
      }
    }
  })

  it('say how each end came out', () => {
    for (const name of Object.keys(WORDS[machine].ends)) {
      const run = readRun(historyOf(name, 'ExecutionSucceeded'), null)
      for (const effects of [undefined, effectsOf({})]) {
        const words = headlineOf(machine, run, effects, 10_000)
        expect(words, name).toMatch(/^[A-Z].{5,}[^.]$/)
        expect(words).not.toMatch(/undefined|NaN|null|\[object/)
      }
    }
  })
})

describe('an order', () => {
  const headline = (name: string, effects: Parameters<typeof effectsOf>[0] | null, ended?: string) =>
    headlineOf('order', readRun(historyOf(name, ended), null), effects === null ? undefined : effectsOf(effects), 10_000)

  it('waits for its payment as long as the hold lives by the order, not as long as the state may wait', () => {
    expect(headline('AwaitPayment', { expiresMs: 10_000 + 761_000 })).toBe('Waiting for payment, the hold ends in 12:41')
    expect(headline('AwaitPayment', null)).toMatch(/^Waiting for payment, the hold ends in 14:5/)
    expect(headline('AwaitPayment', { expiresMs: 9_000 })).toBe('Waiting for payment and the hold has just ended')
  })

  it('says which attempt to charge it is, and when nobody knows', () => {
    expect(headline('ChargePayment', { attempts: ['declined', 'declined', 'requested'] })).toBe('Charging the card, try 3 of 5')
    expect(headline('ChargePayment', { attempts: ['unknown'] })).toBe('Asking the provider what became of the charge')
    expect(headline('ChargePayment', null)).toBe('Charging the card, try 1')
  })

  it('says how it came out', () => {
    expect(headline('ExpireOrder', {}, 'ExecutionSucceeded')).toBe('The hold ran out and the ticket is free again')
    expect(headline('CompleteOrder', {}, 'ExecutionSucceeded')).toBe('Paid and sold')
    expect(headline('CompleteOrder', { refundedMinor: 4_500 }, 'ExecutionSucceeded')).toBe('Paid and sold, and refunded since')
    expect(headline('AwaitPayment', { expiresMs: 20_000 }, 'ExecutionAborted')).toBe('Stopped, by a person or with the execution that started it. It stood at: Waiting for payment')
  })
})

it('an import says what it has stored', () => {
  const run = readRun(historyOf('ImportFinished', 'ExecutionSucceeded'), null)
  const output = (stored: object) => JSON.stringify({ stored })
  const headline = (text: string) => headlineOf('import-products', { ...run, output: text }, undefined, null)
  expect(headline(output({ created: 1_270, updated: 0, unchanged: 3 }))).toBe('Imported: 1,270 new, 3 unchanged')
  expect(headline(output({ created: 0 }))).toBe('Imported, and kept nothing')
})
