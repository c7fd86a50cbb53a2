import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readRun } from '../viewer/run/read-run'
import type { Run } from '../viewer/types'
import { effectsOf, historyOf } from './fixtures'
import { sectionOf } from './runbook'
import { MACHINES } from './machines'
import { actionsOf, troubleOf } from './stuck'

function failed(error: string, at = 'OrderStuck', status: Run['status'] = 'FAILED'): Run {
  return { ...readRun(historyOf(at, 'ExecutionFailed'), null), status, error }
}

describe('what is stuck', () => {
  it('says when it is entered again, and that a redrive of a Fail state is of no use', () => {
    const trouble = troubleOf('order', failed('OrderStuck'), effectsOf({ status: 'stuck', dueMs: 900_000 }), 10_000)
    expect(trouble?.byItself).toMatch(/^The reconciler enters it again by itself, a minute or so after /)
    expect(trouble?.safe).toMatch(/Start again… is safe.*Redrive… is of no use/)
    expect(trouble?.section).toBe('Stuck orders')
  })

  it('may be redriven where a person stopped it', () => {
    expect(troubleOf('order', failed('Operator', 'AwaitPayment', 'ABORTED'), effectsOf({}), 10_000)?.safe).toMatch(/Redrive… and Start again… are both safe/)
  })

  it('does not go by itself where nobody comes for it', () => {
    for (const trouble of [troubleOf('order', failed('Operator', 'AwaitPayment', 'ABORTED'), effectsOf({ dueMs: null }), 10_000), troubleOf('refund-order', failed('RefundInterrupted'), effectsOf({ status: 'completed', dueMs: null }), 10_000)]) {
      expect(trouble?.byItself).toMatch(/^Nothing (enters|starts) it again by itself/)
      expect(trouble?.safe).not.toMatch(/Nothing has to be pressed|sooner/)
      expect(trouble?.safe).toMatch(/Start again… (is|are both) safe/)
    }
  })

  it('does not say who stopped it, because a parent that ends stops its children', () => {
    expect(troubleOf('order', failed('Operator', 'AwaitPayment', 'ABORTED'), effectsOf({}), 10_000)?.what).toMatch(/^This execution was stopped, by a person or with the execution that started it\. /)
  })

  it('is nothing any more once the order has ended', () => {
    const trouble = troubleOf('order', failed('OrderStuck'), effectsOf({ status: 'completed' }), 10_000)
    expect(trouble).toMatchObject({ byItself: 'Since then the order has been completed. Nothing is left to do.', section: null })
  })

  it('is nothing any more once the money is back', () => {
    const refund = (effects: Parameters<typeof effectsOf>[0]) => troubleOf('refund-order', failed('RefundImpossible', 'RefundImpossible'), effectsOf(effects), 10_000)
    expect(refund({ status: 'completed' })?.safe).toMatch(/^No button helps/)
    expect(refund({ status: 'refunded', refundedMinor: 1_000 })?.safe).toMatch(/^No button helps/)
    expect(refund({ status: 'refunded', refundedMinor: 4_500 })?.safe).toBe('Nothing has to be pressed.')
  })

  it('is nothing in what went well or still runs', () => {
    expect(troubleOf('order', readRun(historyOf('AwaitPayment'), null), undefined, 10_000)).toBeNull()
  })

  it('is looked up in sections that the runbook has', () => {
    const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8')
    for (const section of ['Stuck orders', 'Interrupted supplies', 'Refunds that fail', 'Imports that stop', 'Conservation is red']) {
      expect(sectionOf(runbook, section).length, section).toBeGreaterThan(0)
    }
  })
})

describe('what is said before something is done', () => {
  it('agrees with the note of what to do', () => {
    const errors = ['OrderStuck', 'OrderInterrupted', 'RefundInterrupted', 'RefundImpossible', 'DeliveryInterrupted', 'SupplyInterrupted', 'ImportInterrupted', 'States.Runtime']
    for (const machine of MACHINES) {
      for (const error of errors) {
        for (const effects of [undefined, effectsOf({ status: 'stuck' }), effectsOf({ status: 'completed' }), effectsOf({ status: 'refunded', refundedMinor: 4_500 })]) {
          const of = [machine, failed(error), effects, 10_000] as const
          const safe = troubleOf(...of)?.safe ?? ''
          const redrive = actionsOf(...of).redrive
          const told = `${machine} ${error} ${effects?.order.status ?? ''}: ${safe} / ${redrive?.words ?? ''}`
          expect(redrive?.words, told).toMatch(/^This .*\.$/)
          if (redrive?.isOfUse) expect(safe, told).toMatch(/Redrive… (and Start again… are both safe|does no harm where a step failed)|So is Redrive…/)
          else expect(safe, told).not.toMatch(/Redrive… and|So is Redrive/)
        }
      }
    }
  })

  it('is that nothing is done twice by starting it again, which is no redrive’s matter', () => {
    expect(actionsOf('order', failed('OrderStuck'), effectsOf({ status: 'stuck' }), 10_000)).toMatchObject({ redrive: { isOfUse: false }, start: expect.stringMatching(/^It does what is left/) as string })
    expect(actionsOf('order', readRun(historyOf('AwaitPayment'), null), effectsOf({}), 10_000)).toMatchObject({ redrive: null, stop: expect.arrayContaining([expect.stringContaining('the order does not')]) as string[] })
  })
})

describe('a section of the runbook', () => {
  const text = '# Book\n\n## One\n\nAlarm `A`. It\ngoes on.\n\n- first [link](#x)\n  and more\n- second\n\n```sh\nrun this\n  and that\n```\n\n## Two\n\nOther.\n'
  it('is its paragraphs, points and commands', () => {
    expect(sectionOf(text, 'One')).toEqual([
      { kind: 'words', spans: [{ text: 'Alarm ', isCode: false }, { text: 'A', isCode: true }, { text: '. It goes on.', isCode: false }] },
      { kind: 'point', spans: [{ text: 'first link and more', isCode: false }] },
      { kind: 'point', spans: [{ text: 'second', isCode: false }] },
      { kind: 'code', spans: [{ text: 'run this\nand that', isCode: true }] },
    ])
    expect(sectionOf(text, 'Three')).toEqual([])
  })
})
