/** Histories in which it takes a closer look to say which state an event belongs to. */
import { describe, expect, it } from 'vitest'
import type { Run } from '../types'
import { chartOf, recorded } from './fixtures/load'
import { scripted } from './fixtures/script'
import { looks } from './picked'
import { readRun } from './read-run'
import { waitingOn } from './waiting'

/** The events of each visit, by place and iteration. */
function owners(run: Run): Record<string, number[]> {
  return Object.fromEntries(run.visits.map(({ place, iterations, events }) => [[place, ...iterations].join(' '), events]))
}

const task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true }
const wait = { Type: 'Wait', Seconds: 9, End: true }

function parallel(...branches: [string, unknown][]): Record<string, unknown> {
  return { Type: 'Parallel', Branches: branches.map(([name, state]) => ({ StartAt: name, States: { [name]: state } })), End: true }
}

describe('states that were taken down', () => {
  it('are not the one that failed', () => {
    const run = readRun(
      scripted(
        '0 ExecutionStarted', '0 P:ParallelStateEntered', '2 ParallelStateStarted', '3 F:TaskStateEntered', '4 TaskScheduled', '3 S:TaskStateEntered', '6 TaskScheduled',
        '5 TaskFailed error=E', '8 TaskStateAborted', '8 ParallelStateFailed', '10 ExecutionFailed error=E',
      ),
      chartOf({ StartAt: 'P', States: { P: parallel(['F', task], ['S', task]) } }),
    )
    expect(owners(run)).toEqual({ '/P': [2, 3, 10], '/P#0/F': [4, 5, 8], '/P#1/S': [6, 7, 9] })
    expect(run.visits.map(({ fate }) => fate)).toEqual(['failed', 'failed', 'aborted'])
  })

  it('go from the inside out', () => {
    const run = readRun(
      scripted(
        '0 ExecutionStarted', '0 P:ParallelStateEntered', '2 ParallelStateStarted', '3 Q:ParallelStateEntered', '4 ParallelStateStarted', '5 R:ParallelStateEntered',
        '6 ParallelStateStarted', '7 W:WaitStateEntered', '3 F:FailStateEntered', '9 WaitStateAborted', '9 ParallelStateAborted', '9 ParallelStateAborted', '9 ParallelStateFailed',
        '13 ExecutionFailed error=E',
      ),
      chartOf({ StartAt: 'P', States: { P: parallel(['Q', parallel(['R', parallel(['W', wait])])], ['F', { Type: 'Fail', Error: 'E' }]) } }),
    )
    expect(owners(run)).toMatchObject({ '/P': [2, 3, 13], '/P#0/Q': [4, 5, 12], '/P#0/Q#0/R': [6, 7, 11] })
  })

  it('are those of the iteration that was taken down just before', () => {
    const run = readRun(
      scripted(
        '0 ExecutionStarted', '0 M:MapStateEntered', '2 MapStateStarted length=3', '3 M:MapIterationStarted index=0', '3 M:MapIterationStarted index=1', '3 M:MapIterationStarted index=2',
        '5 W:TaskStateEntered', '4 W:TaskStateEntered', '6 W:TaskStateEntered', '9 TaskScheduled', '10 TaskFailed error=E', '11 M:MapIterationFailed index=2',
        '11 M:MapIterationAborted index=0', '11 TaskStateAborted', '11 M:MapIterationAborted index=1', '11 TaskStateAborted', '11 MapStateFailed', '17 ExecutionFailed error=E',
      ),
      chartOf({ StartAt: 'M', States: { M: { Type: 'Map', ItemProcessor: { StartAt: 'W', States: { W: task } }, End: true } } }),
    )
    expect(owners(run)).toMatchObject({ '/M#0/W 0': [8, 14], '/M#0/W 1': [7, 16], '/M#0/W 2': [9, 10, 11] })
  })
})

describe('a redrive', () => {
  const chart = chartOf({ StartAt: 'P', States: { P: parallel(['A', task], ['B', task]) } })
  const failed = scripted(
    '0 ExecutionStarted', '0 P:ParallelStateEntered', '2 ParallelStateStarted', '3 A:TaskStateEntered', '4 TaskScheduled resource=a', '3 B:TaskStateEntered', '6 TaskScheduled resource=b',
    '5 TaskFailed error=E', '8 TaskStateAborted', '8 ParallelStateFailed', '10 ExecutionFailed error=E', '11 ExecutionRedriven redriveCount=1',
  )
  const then = (...lines: string[]): Run =>
    readRun([...failed, ...scripted(...lines).map((event, index) => ({ ...event, id: 13 + index, timestamp: 60 + index }))], chart)

  it('finds what goes on by what it asks, if the events name the redrive only', () => {
    const run = then('12 TaskScheduled resource=b', '12 TaskScheduled resource=a', '13 TaskSucceeded')
    expect(owners(run)).toMatchObject({ '/P#0/A': [4, 5, 8, 14], '/P#1/B': [6, 7, 9, 13, 15] })
  })

  it('is not told apart from a new round by another try', () => {
    const run = then('12 ParallelStateStarted', '13 A:TaskStateEntered')
    expect(run.visits[0]?.attempts.map(({ fate }) => fate)).toEqual(['failed', 'running'])
    expect(run.visits.map(({ place, fate }) => [place, fate])).toContainEqual(['/P#0/A', 'running'])
  })

  it('leaves a Fail state as it was until it is entered again', () => {
    const { definition, events } = recorded('own/token-expired')
    const last = events.length
    const run = readRun([...events, { id: last + 1, previousEventId: last, timestamp: 2_000_000_000, type: 'ExecutionRedriven' }], chartOf(definition))
    expect(run.visits.map(({ fate }) => fate)).toEqual(['caught', 'failed'])
  })
})

describe('a time limit', () => {
  it('that nothing catches is how its state ended', () => {
    const run = readRun(
      scripted('0 ExecutionStarted', '0 A:TaskStateEntered', '2 TaskScheduled', '3 TaskStarted', '4 TaskTimedOut error=States.Timeout', '5 ExecutionFailed error=States.Timeout'),
    )
    expect(run.visits[0]).toMatchObject({ fate: 'timedOut', error: 'States.Timeout', leftMs: 6000 })
  })

  it('that was over long ago is not named any more', () => {
    const { definition, events } = recorded('own/token-waiting')
    const chart = chartOf(definition)
    const run = readRun(events, chart)
    const limits = (laterS: number): string[] => waitingOn(run, chart, run.startedMs + laterS * 1000)[0]?.limits.map(({ of }) => of) ?? []
    expect(limits(0)).toEqual(['heartbeat', 'task', 'execution'])
    expect(limits(4200)).toEqual(['task', 'execution'])
  })
})

describe('a Map that begins another round', () => {
  const chart = chartOf({
    StartAt: 'M',
    States: { M: { Type: 'Map', ItemProcessor: { StartAt: 'T', States: { T: task } }, Retry: [{ ErrorEquals: ['E'] }], Catch: [{ ErrorEquals: ['F'], Next: 'M' }], End: true } },
  })
  const first = [
    '0 ExecutionStarted', '0 M:MapStateEntered', '2 MapStateStarted length=2', '3 M:MapIterationStarted index=0', '3 M:MapIterationStarted index=1',
    '4 T:TaskStateEntered', '5 T:TaskStateEntered', '7 TaskScheduled', '8 TaskFailed error=E', '9 M:MapIterationFailed index=1', '9 M:MapIterationAborted index=0', '9 TaskStateAborted',
  ]

  it('does not look as in the round before', () => {
    const retried = readRun(scripted(...first, '9 MapStateStarted length=2', '13 M:MapIterationStarted index=0', '14 T:TaskStateEntered', '15 TaskScheduled'), chart)
    expect(looks(retried).get('/M#0/T')).toEqual({ fate: 'running', retries: 0, visits: 3, counts: { running: 1 } })
  })

  it('does not look as when it was entered before', () => {
    const again = readRun(
      scripted(...first, '9 MapStateFailed', '13 M:MapStateExited', '14 M:MapStateEntered', '15 MapStateStarted length=2', '16 M:MapIterationStarted index=0', '17 T:TaskStateEntered'),
      chart,
    )
    expect(again.visits[0]?.fate).toBe('caught')
    expect(looks(again).get('/M#0/T')?.fate).toBe('running')
  })
})

describe('a variable', () => {
  it('is that of its own iteration', () => {
    const chart = chartOf({
      StartAt: 'M',
      States: {
        M: { Type: 'Map', ItemProcessor: { StartAt: 'S', States: { S: { Type: 'Pass', Next: 'W' }, W: { Type: 'Wait', SecondsPath: '$pause', End: true } } }, End: true },
      },
    })
    const events = scripted(
      '0 ExecutionStarted', '0 M:MapStateEntered', '2 MapStateStarted length=2', '3 M:MapIterationStarted index=0', '3 M:MapIterationStarted index=1',
      '4 S:PassStateEntered', '5 S:PassStateEntered', '6 S:PassStateExited', '7 S:PassStateExited', '8 W:WaitStateEntered', '9 W:WaitStateEntered',
    )
    for (const [at, pause] of [[7, '100'], [8, '200']] as const) Object.assign(events[at]?.['stateExitedEventDetails'] as object, { assignedVariables: { pause } })
    const run = readRun(events, chart)
    expect(waitingOn(run, chart, 0).map(({ iterations, untilMs }) => [iterations, untilMs])).toEqual([[[0], 110_000], [[1], 211_000]])
  })
})

describe('iterations that all time out at once', () => {
  it('each have their own task’s end, the one that brought the Map down too', () => {
    const { definition, events } = recorded('aws/map-timed-out')
    const owned = owners(readRun(events, chartOf(definition)))
    expect([0, 1, 2, 3].map((index) => owned[`/EachParcel#0/Weigh ${index}`]?.at(-1))).toEqual([25, 27, 29, 31])
  })
})
