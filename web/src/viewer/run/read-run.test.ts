import { describe, expect, it } from 'vitest'
import type { Run, Visit } from '../types'
import { detailsFieldOf, msOf, roleOf } from './event'
import { chartOf, recorded, runOf } from './fixtures/load'
import { eventById, readRun, Reading } from './read-run'

function visitAt(run: Run, place: string, iterations = ''): Visit {
  const found = run.visits.findLast((visit) => visit.place === place && visit.iterations.join('.') === iterations)
  if (found === undefined) throw new Error(`${place} was not entered`)
  return found
}

function fates(run: Run): string[] {
  return run.visits.map(({ place, iterations, fate }) => [place, ...iterations, fate].join(' '))
}

describe('a run', () => {
  it('has what was entered within what, by iteration', () => {
    const { run } = runOf('own/nested')
    const cook = visitAt(run, '/EachKitchen#0/Both#0/EachDish#0/Cook', '0.1')
    const dishes = run.visits.find(({ id }) => id === cook.parent)
    const both = run.visits.find(({ id }) => id === dishes?.parent)
    expect([dishes?.place, dishes?.iterations, both?.place, both?.iterations]).toEqual(['/EachKitchen#0/Both#0/EachDish', [0], '/EachKitchen#0/Both', [0]])
    expect(JSON.parse(cook.input ?? '')).toBe('bread')
    expect(visitAt(run, '/EachKitchen').iterationFates).toEqual(['succeeded', 'succeeded', 'succeeded'])
    expect(visitAt(run, '/Prepare').assigned).toEqual({ order: '"o-1"' })
    expect(run.status).toBe('SUCCEEDED')
  })

  it('tells tries and the pauses between them', () => {
    const { run } = runOf('own/token-and-retry')
    const { attempts, fate, error, enteredMs } = visitAt(run, '/Charge')
    expect(attempts.map(({ number, fate, error }) => [number, fate, error])).toEqual([
      [0, 'failed', 'Busy'],
      [1, 'failed', 'Busy'],
      [2, 'succeeded', null],
    ])
    expect(attempts.map(({ beganMs }) => Math.round((beganMs - enteredMs) / 1000))).toEqual([0, 2, 6])
    expect([fate, error]).toEqual(['succeeded', null])
    expect(attempts[0]?.asked).toContain('function:charge')
    expect(attempts[2]?.answered).toContain('charged')
    expect([attempts[0]?.answered, attempts[0]?.cause]).toEqual([null, '{"errorType":"Busy"}'])
  })

  it('takes the path of a caught error', () => {
    const { run } = runOf('own/map-caught')
    expect(visitAt(run, '/Ship#0/Pack', '1')).toMatchObject({ fate: 'caught', error: 'Broken' })
    expect(visitAt(run, '/Ship#0/Report', '1').cameFrom).toBe(visitAt(run, '/Ship#0/Pack', '1').id)
    expect([...run.taken].map((edge) => edge.replace('\n', ' > '))).toEqual(['/Ship#0/Pack > /Ship#0/Send', '/Ship#0/Pack > /Ship#0/Report'])
  })

  it('tells the branch that failed from those that were taken down for it', () => {
    const { run } = runOf('own/parallel-caught')
    expect(fates(run)).toEqual([
      '/Ask caught',
      '/Ask#0/Price succeeded',
      '/Ask#1/Stock succeeded',
      '/Ask#2/Each aborted',
      '/Ask#2/Each#0/Slow 0 aborted',
      '/Ask#2/Each#0/Slow 1 aborted',
      '/Ask#1/Count failed',
      '/Apologise succeeded',
    ])
    expect(visitAt(run, '/Ask')).toMatchObject({ error: 'Uncountable', assigned: { why: '"Uncountable"' } })
    expect(visitAt(run, '/Ask#2/Each').iterationFates).toEqual(['aborted', 'aborted'])
  })

  it('goes on after a redrive where it was, without entering again', () => {
    const before = runOf('own/redrive-before').run
    expect(visitAt(before, '/P#0/M').iterationFates).toEqual(['succeeded', 'failed', 'aborted'])
    expect(visitAt(before, '/P#1/B').fate).toBe('aborted')
    const { run } = runOf('own/redriven')
    expect(run.redrivenMs).toHaveLength(1)
    expect(run.visits.every(({ fate }) => fate === 'succeeded')).toBe(true)
    expect(visitAt(run, '/P#0/M#0/U', '1').attempts.map(({ fate }) => fate)).toEqual(['failed', 'succeeded'])
    expect(visitAt(run, '/P#0/M#0/T', '2').attempts.map(({ fate }) => fate)).toEqual(['aborted', 'succeeded'])
    expect(visitAt(run, '/P').attempts.map(({ fate }) => fate)).toEqual(['failed', 'succeeded'])
    expect(visitAt(run, '/P#0/M').iterationFates).toEqual(['succeeded', 'succeeded', 'succeeded'])
  })

  it('is at work again as soon as it is redriven', () => {
    const { definition, events } = recorded('own/redriven')
    const run = readRun(events.slice(0, 45), chartOf(definition))
    expect([run.status, run.endedMs, run.error]).toEqual(['RUNNING', null, null])
    expect(fates(run).filter((fate) => !fate.endsWith('succeeded'))).toEqual([
      '/P running',
      '/P#0/M running',
      '/P#1/B waiting',
      '/P#0/M#0/U 1 running',
      '/P#0/M#0/T 2 running',
    ])
  })

  it('enters a state again after a redrive if the service does', () => {
    const events = [
      { id: 1, previousEventId: 0, timestamp: 1, type: 'ExecutionStarted' },
      { id: 2, previousEventId: 0, timestamp: 2, type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'A' } },
      { id: 3, previousEventId: 2, timestamp: 3, type: 'TaskScheduled', taskScheduledEventDetails: { resource: 'invoke', resourceType: 'lambda' } },
      { id: 4, previousEventId: 3, timestamp: 4, type: 'TaskFailed', taskFailedEventDetails: { error: 'E' } },
      { id: 5, previousEventId: 4, timestamp: 5, type: 'ExecutionFailed', executionFailedEventDetails: { error: 'E' } },
      { id: 6, previousEventId: 5, timestamp: 60, type: 'ExecutionRedriven', executionRedrivenEventDetails: { redriveCount: 1 } },
    ]
    const entered = { id: 7, previousEventId: 6, timestamp: 61, type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'A' } }
    const again = readRun([...events, entered])
    expect(again.visits.map(({ fate, leftMs, error, cameFrom }) => [fate, leftMs, error, cameFrom])).toEqual([
      ['failed', 5000, 'E', null],
      ['running', null, null, null],
    ])
    // AWS documents nowhere which event the first one after a redrive names; it may be the redrive.
    const scheduled = { id: 7, previousEventId: 6, timestamp: 61, type: 'TaskScheduled', taskScheduledEventDetails: { resource: 'invoke', resourceType: 'lambda' } }
    const goesOn = readRun([...events, scheduled])
    expect(goesOn.visits.map(({ fate, attempts }) => [fate, attempts.length])).toEqual([['running', 2]])
    expect(goesOn.gaps).toContain('This history has no inputs and outputs.')
  })

  it('ends what was at work with the execution, for which there are no events', () => {
    const stopped = runOf('own/stopped').run
    expect([stopped.status, stopped.error, stopped.cause]).toEqual(['ABORTED', 'Enough', 'Somebody stopped it.'])
    expect(visitAt(stopped, '/M')).toMatchObject({ fate: 'aborted', leftMs: stopped.endedMs, iterationFates: ['succeeded', 'aborted', 'aborted'] })
    expect(stopped.gaps).toEqual(['A stopped execution has no events for the states that were at work; they are shown as ended with it.'])
    const timedOut = runOf('own/timed-out').run
    expect(visitAt(timedOut, '/M#0/W', '1')).toMatchObject({ fate: 'timedOut', leftMs: timedOut.endedMs })
  })

  it('ends with an expression that fails', () => {
    const { run } = runOf('own/evaluation-failed')
    expect(visitAt(run, '/X')).toMatchObject({ fate: 'failed', error: 'States.QueryEvaluationError', events: [4, 5] })
  })

  it('names the execution or map run that a state started', () => {
    expect(visitAt(runOf('aws/child-started').run, '/StartExecution').childArn).toBe('arn:aws:states:us-east-1:111111111111:execution:Target:TestStartTarget')
    expect(visitAt(runOf('own/child-waiting').run, '/Start')).toMatchObject({ childArn: expect.stringContaining(':execution:child:child-1'), fate: 'waiting' })
    const { run } = runOf('aws/map-distributed')
    expect(visitAt(run, '/MapState')).toMatchObject({ mapRunArn: expect.stringContaining(':mapRun:'), iterationFates: [], fate: 'succeeded' })
    expect(run.gaps).toEqual(['The items of MapState are executions of their own; what happened in them is in their histories.'])
  })

  it('counts a Map that is tried again as tries of the Map', () => {
    const { run } = runOf('aws/map-retried-and-failed')
    const map = visitAt(run, '/MapState')
    expect(map.attempts.map(({ fate, error }) => [fate, error])).toEqual(Array.from({ length: 4 }, () => ['failed', 'HandleItemFailError']))
    expect([map.fate, map.error, map.cause]).toEqual(['failed', 'HandleItemFailError', 'HandleItemFailCause'])
    expect(run.visits.filter(({ place }) => place.endsWith('HandleItemFail'))).toHaveLength(4)
  })
})

describe('a distributed map that fails and is redriven', () => {
  const ARN = 'arn:aws:states:us-east-1:1:mapRun:m/M:1'
  const events = [
    { id: 1, previousEventId: 0, type: 'ExecutionStarted' },
    { id: 2, previousEventId: 0, type: 'MapStateEntered', stateEnteredEventDetails: { name: 'M', input: '[]' } },
    { id: 3, previousEventId: 2, type: 'MapStateStarted', mapStateStartedEventDetails: { length: 0 } },
    { id: 4, previousEventId: 3, type: 'MapRunStarted', mapRunStartedEventDetails: { mapRunArn: ARN } },
    { id: 5, previousEventId: 4, type: 'MapRunFailed', mapRunFailedEventDetails: { error: 'States.ExceedToleratedFailureThreshold', cause: 'Too many.' } },
    { id: 6, previousEventId: 5, type: 'MapStateFailed' },
    { id: 7, previousEventId: 6, type: 'ExecutionFailed', executionFailedEventDetails: { error: 'States.ExceedToleratedFailureThreshold' } },
    { id: 8, previousEventId: 7, type: 'ExecutionRedriven', executionRedrivenEventDetails: { redriveCount: 1 } },
    { id: 9, previousEventId: 8, type: 'MapRunRedriven', mapRunRedrivenEventDetails: { mapRunArn: ARN, redriveCount: 1 } },
    { id: 10, previousEventId: 9, type: 'MapRunSucceeded' },
    { id: 11, previousEventId: 10, type: 'MapStateSucceeded' },
    { id: 12, previousEventId: 10, type: 'MapStateExited', stateExitedEventDetails: { name: 'M', output: '[]' } },
    { id: 13, previousEventId: 12, type: 'ExecutionSucceeded' },
  ].map((event) => ({ ...event, timestamp: event.id }))

  it('is one visit with two tries', () => {
    expect(readRun(events.slice(0, 7)).visits[0]).toMatchObject({ fate: 'failed', error: 'States.ExceedToleratedFailureThreshold' })
    const run = readRun(events)
    expect(run.visits.map(({ fate, mapRunArn, events: own }) => [fate, mapRunArn, own])).toEqual([['succeeded', ARN, [2, 3, 4, 5, 6, 9, 10, 11, 12]]])
    expect(run.visits[0]?.attempts.map(({ fate }) => fate)).toEqual(['failed', 'succeeded'])
  })
})

describe('the execution of one item of a distributed map', () => {
  it('stands in the body of the map', () => {
    const { definition } = recorded('aws/map-distributed')
    const events = [
      { id: 1, previousEventId: 0, timestamp: 1, type: 'ExecutionStarted' },
      { id: 2, previousEventId: 0, timestamp: 2, type: 'PassStateEntered', stateEnteredEventDetails: { name: 'IteratorInner', input: '1' } },
    ]
    const run = readRun(events, chartOf(definition))
    expect(run.visits.map(({ place, parent }) => [place, parent])).toEqual([['/MapState#0/IteratorInner', null]])
  })
})

describe('a history that does not tell all', () => {
  it('says what is missing', () => {
    const { definition, events } = recorded('own/loop')
    const chart = chartOf(definition)
    expect(readRun(events.slice(8), chart).gaps).toContain('The history begins at event 9; what happened before is not in it.')
    expect(readRun([...events.slice(0, 4), ...events.slice(6)], chart).gaps).toContain('Events 5 to 6 are missing.')
    const { Ready: _left, ...States } = (definition as { States: Record<string, unknown> }).States
    expect(readRun(events, chartOf({ StartAt: 'Ask', States })).gaps).toEqual(['The definition has no state named Ready: it is another version than the one that ran.'])
    expect(readRun(events.slice(0, 9), chart, { execution: { status: 'ABORTED' } }).gaps).toContain('The execution has ended, and its last events are not here yet.')
    const strange = { id: events.length + 1, previousEventId: events.length, timestamp: 1, type: 'StateTeleported' }
    expect(readRun([...events, strange], chart).gaps).toContain('There are events of kinds that are not known here: StateTeleported.')
  })

  it('has no data if none was asked for, and says which was cut', () => {
    const { definition, events } = recorded('own/token-and-retry')
    const bare = JSON.parse(
      JSON.stringify(events, (name, value: unknown) => (name === 'input' || name === 'output' ? undefined : name === 'parameters' ? '' : value)),
    ) as unknown[]
    const run = readRun(bare, chartOf(definition))
    expect(run.gaps).toEqual(['This history has no inputs and outputs.'])
    expect([run.input, run.visits[0]?.input, run.visits[0]?.output, run.visits[0]?.attempts[0]?.asked]).toEqual([null, null, null, null])
    const cut = JSON.parse(JSON.stringify(events).replace('"truncated":false', '"truncated":true').replace('"truncated":false', '"truncated":true')) as unknown[]
    expect(readRun(cut, chartOf(definition)).gaps).toEqual(['1 input or output was too large for the history and cut.'])
  })

  it('passes over what is no event, and reads what has no moment', () => {
    const run = readRun([null, 7, {}, { id: 'x', type: 'A' }, { id: 1, previousEventId: 0, type: 'ExecutionStarted' }], null, { execution: { startDate: 12 } })
    expect([run.events.length, run.startedMs]).toEqual([1, 12_000])
    expect(readRun([]).visits).toEqual([])
  })

  it('believes a description that is newer than its events', () => {
    const { definition, events } = recorded('own/redrive-before')
    const reading = new Reading(chartOf(definition), { execution: { status: 'FAILED', redriveCount: 0 } })
    expect(reading.append(events).status).toBe('FAILED')
    reading.describe({ status: 'RUNNING', redriveCount: 1 })
    expect(reading.append([]).status).toBe('RUNNING')
    reading.describe({ status: 'PENDING_REDRIVE', redriveCount: 1 })
    expect(reading.append([])).toMatchObject({ status: 'PENDING_REDRIVE' })
  })
})

describe('an event', () => {
  it('is found by its id', () => {
    const { run } = runOf('own/loop')
    expect(eventById(run, 9)?.type).toBe('WaitStateEntered')
    expect(eventById(run, 99)).toBeUndefined()
    expect(eventById(readRun(recorded('own/loop').events.slice(5)), 9)?.type).toBe('WaitStateEntered')
  })

  it('has its moment in whichever form it comes', () => {
    const forms = [1_700_000_000.123, '1700000000.123', '1700000000123', '2023-11-14T22:13:20.123Z', '2023-11-14T23:13:20.123000+01:00', new Date(1_700_000_000_123)]
    for (const form of forms) expect(msOf(form)).toBe(1_700_000_000_123)
    for (const form of [null, '', 'soon', NaN, {}]) expect(msOf(form)).toBeNull()
  })

  it('of every documented type is known', () => {
    // HistoryEvent$type in the API reference.
    const types = `ActivityFailed ActivityScheduled ActivityScheduleFailed ActivityStarted ActivitySucceeded ActivityTimedOut
      ChoiceStateEntered ChoiceStateExited ExecutionAborted ExecutionFailed ExecutionStarted ExecutionSucceeded ExecutionTimedOut
      FailStateEntered LambdaFunctionFailed LambdaFunctionScheduled LambdaFunctionScheduleFailed LambdaFunctionStarted
      LambdaFunctionStartFailed LambdaFunctionSucceeded LambdaFunctionTimedOut MapIterationAborted MapIterationFailed
      MapIterationStarted MapIterationSucceeded MapStateAborted MapStateEntered MapStateExited MapStateFailed MapStateStarted
      MapStateSucceeded ParallelStateAborted ParallelStateEntered ParallelStateExited ParallelStateFailed ParallelStateStarted
      ParallelStateSucceeded PassStateEntered PassStateExited SucceedStateEntered SucceedStateExited TaskFailed TaskScheduled
      TaskStarted TaskStartFailed TaskStateAborted TaskStateEntered TaskStateExited TaskSubmitFailed TaskSubmitted TaskSucceeded
      TaskTimedOut WaitStateAborted WaitStateEntered WaitStateExited MapRunAborted MapRunFailed MapRunStarted MapRunSucceeded
      ExecutionRedriven MapRunRedriven EvaluationFailed`.split(/\s+/)
    for (const type of types) expect(roleOf(type), type).not.toBe('unknown')
    expect(roleOf('StateTeleported')).toBe('unknown')
    expect(['TaskStateEntered', 'MapIterationFailed', 'LambdaFunctionStartFailed'].map(detailsFieldOf)).toEqual([
      'stateEnteredEventDetails',
      'mapIterationFailedEventDetails',
      'lambdaFunctionStartFailedEventDetails',
    ])
  })
})
