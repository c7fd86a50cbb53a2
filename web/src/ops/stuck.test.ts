import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readRun } from '../viewer/run/read-run'
import type { Run } from '../viewer/types'
import { effectsOf, historyOf } from './fixtures'
import { sectionOf } from './runbook'
import { troubleOf } from './stuck'

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
