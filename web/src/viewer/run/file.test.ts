import { describe, expect, it } from 'vitest'
import { openHistory, type Opened } from './file'
import { textOfFixture } from './fixtures/load'
import { readLogs } from './logs'
import { readRun } from './read-run'

function opened(text: string): Opened {
  const file = openHistory(text)
  if ('problem' in file) throw new Error(file.problem)
  return file
}

describe('a file with a history', () => {
  it('may be an exported one', () => {
    const file = opened(textOfFixture('own/loop.json'))
    expect(file.execution).toMatchObject({ status: 'SUCCEEDED' })
    expect(file.definition).toMatchObject({ StartAt: 'Ask' })
    expect(file.events).toHaveLength(29)
  })

  it('may be what the aws command prints, in any of its ways', () => {
    const { events } = opened(textOfFixture('own/loop.json'))
    for (const text of [JSON.stringify({ events }), JSON.stringify(events), JSON.stringify({ events: [...events].reverse() })]) {
      expect(readRun(opened(text).events).status).toBe('SUCCEEDED')
    }
    expect(opened(JSON.stringify({ events, NextToken: 'x' })).gaps).toEqual(['This file has the first page of the history only.'])
  })

  it('may be the lines of a log', () => {
    const file = opened(textOfFixture('aws/express-failed.jsonl'))
    const run = readRun(file.events, null, { gaps: file.gaps })
    expect(run.visits.map(({ place, fate, error }) => [place, fate, error])).toEqual([['/FailState', 'failed', 'SomeFailure']])
    expect(run.gaps).toEqual(['This history is read from a log, which may be late or keep less than the service knew.'])
  })

  it.each([
    ['', /not JSON/],
    ['{"a":', /not JSON/],
    ['{}', /has no events/],
    ['{"events":[]}', /is empty/],
    ['[1,2]', /not events/],
    ['{"format":"holdfast-execution-9","events":[{"id":1,"type":"ExecutionStarted"}]}', /holdfast-execution-9/],
  ])('%j is refused with what is wrong', (text, problem) => {
    const file = openHistory(text)
    expect('problem' in file ? file.problem : '').toMatch(problem)
  })
})

describe('a log', () => {
  const lines = (file: string): string[] => textOfFixture(file).trim().split('\n')

  it('has the same events by other names', () => {
    const { events, executionArn } = readLogs(lines('aws/express-failed.jsonl'))
    expect(executionArn).toContain(':express:')
    expect(events[1]).toEqual({
      id: 2,
      previousEventId: 0,
      timestamp: '1717615626040',
      type: 'FailStateEntered',
      stateEnteredEventDetails: { input: '{}', inputDetails: { truncated: false }, name: 'FailState' },
    })
    expect(readRun(events)).toMatchObject({ status: 'FAILED', error: 'SomeFailure', startedMs: 1_717_615_626_020, input: '{}' })
  })

  it('comes as CloudWatch Logs answers it, in any order and twice', () => {
    const asked = lines('aws/express-without-data.jsonl').map((message) => ({ message, timestamp: 1 }))
    const run = readRun(readLogs([...asked].reverse().concat(asked)).events)
    expect([run.status, run.visits.length, run.gaps]).toEqual(['SUCCEEDED', 1, ['This history has no inputs and outputs.']])
  })

  it('says what is not in it', () => {
    const all = lines('aws/express-without-data.jsonl')
    expect(readLogs([all[0], all[3], 'START RequestId', 7]).gaps.slice(1)).toEqual([
      'The log has 2 of at least 4 events: its level keeps only some, or lines have not arrived.',
      '2 lines of the log could not be read.',
    ])
    expect(readLogs([]).gaps[1]).toBe('The log has no events of this execution. Its level may be OFF, or keep errors only.')
    const other = all.map((line) => line.replace('Machine:one', 'Machine:two'))
    expect(readLogs([...all, ...other]).gaps[1]).toBe('The log also has events of another execution, which are left out.')
    expect(readLogs([...all, ...other], readLogs(other).executionArn).gaps).toHaveLength(1)
  })
})
