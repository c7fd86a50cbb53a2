import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Chart } from '../types'
import { callOf, callWords } from './call'
import { conditionWords } from './condition'
import { around, nameOf, placeIn } from './place'
import { isProblem, readChart } from './read-chart'

function drawn(definition: unknown): Chart {
  const chart = readChart(definition)
  if (isProblem(chart)) throw new Error(`${chart.problem} (${chart.place})`)
  return chart
}

const END = { Type: 'Pass', End: true }

describe('a chart', () => {
  it('has every state at its place, with what lies within it', () => {
    const chart = drawn({
      StartAt: 'Both',
      States: {
        Both: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'Each', States: { Each: { Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'Do', States: { Do: END } }, End: true } } },
            { StartAt: 'Old', States: { Old: { Type: 'Map', Iterator: { StartAt: 'It', States: { It: END } }, End: true } } },
          ],
          Next: 'Last',
        },
        Last: { Type: 'Succeed' },
      },
    })
    expect([...chart.states.keys()]).toEqual(['/Both', '/Both#0/Each', '/Both#0/Each#0/Do', '/Both#1/Old', '/Both#1/Old#0/It', '/Last'])
    expect(chart.flow).toEqual({ start: '/Both', states: ['/Both', '/Last'], edges: [{ from: '/Both', to: '/Last', kind: 'next', label: '' }] })
    expect(chart.states.get('/Both')?.flows.map(({ start }) => start)).toEqual(['/Both#0/Each', '/Both#1/Old'])
    expect(chart.states.get('/Both#0/Each')?.isDistributed).toBe(true)
    expect(chart.states.get('/Both#1/Old')?.isDistributed).toBe(false)
    expect(chart.states.get('/Both#1/Old#0/It')?.parent).toBe('/Both#1/Old')
    expect(chart.problems).toEqual([])
  })

  it('says at its edges when they are taken, and has one for each aim and kind', () => {
    const chart = drawn({
      StartAt: 'Which',
      States: {
        Which: {
          Type: 'Choice',
          Choices: [
            { Condition: "{% $states.input.kind = 'dish' %}", Next: 'Cook' },
            { Condition: '{% $forced %}', Next: 'Cook' },
          ],
          Default: 'Cook',
        },
        Cook: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Catch: [
            { ErrorEquals: ['Burnt', 'Raw'], Next: 'Sorry' },
            { ErrorEquals: ['States.ALL'], Next: 'Sorry' },
          ],
          Next: 'Sorry',
        },
        Sorry: END,
      },
    })
    expect(chart.flow.edges.map(({ kind, label }) => [kind, label])).toEqual([
      ['choice', "kind = 'dish' or $forced"],
      ['default', 'otherwise'],
      ['next', ''],
      ['catch', 'Burnt, Raw, any error'],
    ])
  })

  it('keeps apart states whose names look like places', () => {
    expect(placeIn(placeIn(null, 0, 'a'), 0, 'b')).not.toBe(placeIn(null, 0, 'a#0/b'))
    for (const name of ['a/b#1', '~1', 'ä\n b', 'plain']) expect(nameOf(placeIn('/M', 2, name))).toBe(name)
    expect(around('/M#2/x')).toEqual({ parent: '/M', flow: 2 })
    expect(around('/x~2~1')).toBeNull()
  })

  it('draws every machine of this project without a problem', () => {
    const folder = new URL('../../../../workflows/', import.meta.url)
    const files = readdirSync(folder).filter((name) => name.endsWith('.asl.json'))
    expect(files.length).toBeGreaterThan(3)
    for (const file of files) expect(drawn(readFileSync(new URL(file, folder), 'utf8')).problems, file).toEqual([])
  })
})

describe('a definition that is broken', () => {
  it('is a problem with its place if nothing can be drawn', () => {
    expect(readChart('{"StartAt":\n "A",, }')).toEqual({ problem: 'The definition is not JSON.', place: 'line 2, column 6' })
    expect(readChart([])).toMatchObject({ problem: 'The definition is not a JSON object.' })
    expect(readChart({ StartAt: 'A' })).toMatchObject({ place: 'States' })
    expect(readChart(null)).toMatchObject({ problem: expect.any(String) })
  })

  it('is drawn as far as it goes, and says what is not as it should be', () => {
    const chart = drawn({
      StartAt: 'Nowhere',
      States: {
        A: { Type: 'Teleport', Next: 'B' },
        B: { Type: 'Map', Next: 'C' },
        D: 7,
        E: { Type: 'Parallel', Branches: [1] },
        F: { End: true },
      },
    })
    expect([...chart.states.keys()]).toEqual(['/A', '/B', '/E', '/F'])
    expect(chart.states.get('/A')?.type).toBe('Task')
    expect(chart.problems.map(({ place }) => place)).toEqual([
      'States.A.Type',
      'States.B.ItemProcessor',
      'States.D',
      'States.E.Branches[0]',
      'States.F.Type',
      'StartAt',
      'States.B.Next',
    ])
  })

  it('does not go deeper than any service', () => {
    let body: Record<string, unknown> = { StartAt: 'M', States: { M: END } }
    for (let depth = 0; depth < 3000; depth += 1) body = { StartAt: 'M', States: { M: { Type: 'Map', ItemProcessor: body, End: true } } }
    expect(drawn(body).problems.map(({ problem }) => problem)).toEqual(['States lie too deep within each other to be drawn.'])
  })
})

describe('a condition', () => {
  it.each([
    [{ Condition: '{%  $states.input.a\n > 1 %}' }, 'a > 1'],
    [{ Condition: true }, 'always'],
    [{ Variable: '$.job.state', StringEquals: 'done' }, 'job.state = "done"'],
    [{ Variable: '$.n', NumericGreaterThanEqualsPath: '$.limit' }, 'n ≥ limit'],
    [{ Variable: '$.at', TimestampLessThan: '2026-01-01T00:00:00Z' }, 'at < "2026-01-01T00:00:00Z"'],
    [{ Variable: '$.name', StringMatches: 'a*' }, 'name like "a*"'],
    [{ Variable: '$.ok', BooleanEquals: true }, 'ok = true'],
    [{ Variable: '$.x', IsPresent: false }, 'x is not there'],
    [{ Variable: '$', IsNull: true }, 'the input is null'],
    [{ Not: { Variable: '$.x', IsNumeric: true } }, 'not (x is a number)'],
    [
      { And: [{ Variable: '$.a', NumericEquals: 1 }, { Or: [{ Variable: '$.b', IsString: true }, { Variable: '$c', NumericLessThan: 2 }] }] },
      'a = 1 and (b is text or $c < 2)',
    ],
    [{ Next: 'A' }, ''],
    [null, ''],
  ])('%j reads %s', (rule, words) => expect(conditionWords(rule)).toBe(words))
})

describe('whom a task asks', () => {
  const task = (Resource: string, Arguments?: unknown) => ({ Type: 'Task', Resource, ...(Arguments === undefined ? {} : { Arguments }) })
  it.each([
    [task('arn:aws:states:::lambda:invoke', { FunctionName: 'arn:aws:lambda:eu-west-1:1:function:charge-payment:live' }), 'lambda:invoke charge-payment', 'answer'],
    [task('arn:aws:states:::lambda:invoke', { FunctionName: '${ChargeFunctionArn}' }), 'lambda:invoke ChargeFunctionArn', 'answer'],
    [task('arn:aws:states:::lambda:invoke', { FunctionName: '{% $which %}' }), 'lambda:invoke', 'answer'],
    [task('arn:aws:states:::sqs:sendMessage.waitForTaskToken', { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/requests' }), 'sqs:sendMessage requests', 'token'],
    [task('arn:aws:states:::states:startExecution.sync:2', { StateMachineArn: 'arn:aws:states:eu-west-1:1:stateMachine:deliver' }), 'states:startExecution deliver', 'job'],
    [task('arn:aws:states:::aws-sdk:dynamodb:getItem', { TableName: 'orders' }), 'aws-sdk:dynamodb:getItem orders', 'answer'],
    [task('arn:aws:states:eu-west-1:1:activity:pack'), 'activity pack', 'worker'],
    [task('arn:aws:lambda:eu-west-1:1:function:ask'), 'lambda:invoke ask', 'answer'],
    [task('arn:aws-cn:states:::glue:startJobRun.sync', { JobName: 'nightly' }), 'glue:startJobRun nightly', 'job'],
  ])('%j', (definition, words, ends) => {
    const call = callOf(definition)
    expect(call?.ends).toBe(ends)
    expect(call === null ? '' : callWords(call)).toBe(words)
  })

  it('is nobody without a resource', () => expect(callOf({ Type: 'Task' })).toBeNull())
})
