import { describe, expect, it } from 'vitest'
import { chartOf, recorded, runOf } from './fixtures/load'
import { readRun } from './read-run'
import { pauseAfter } from './retries'
import { waitingOn, type Waiting } from './waiting'
import { fateWords, lasted, limitWords, statusWords, waitingShort, waitingWords } from './words'

/** What the last state of a recorded history waits for, so many seconds after its last event. */
function waits(name: string, laterS = 1): { waiting: Waiting; nowMs: number; words: string } {
  const { run, chart } = runOf(name)
  const nowMs = (run.events.at(-1)?.atMs ?? 0) + laterS * 1000
  const [waiting] = waitingOn(run, chart, nowMs)
  if (waiting === undefined) throw new Error('nothing is awaited')
  return { waiting, nowMs, words: waitingWords(waiting, nowMs) }
}

/** A machine of one Wait state, entered with an input after variables were assigned. */
function timer(wait: Record<string, unknown>, input: unknown): number | null | undefined {
  const chart = chartOf({
    StartAt: 'Set',
    States: { Set: { Type: 'Pass', Next: 'W' }, W: { Type: 'Wait', ...wait, End: true } },
  })
  const run = readRun(
    [
      { id: 1, previousEventId: 0, timestamp: 100, type: 'ExecutionStarted' },
      { id: 2, previousEventId: 0, timestamp: 100, type: 'PassStateEntered', stateEnteredEventDetails: { name: 'Set', input: '{}' } },
      { id: 3, previousEventId: 2, timestamp: 100, type: 'PassStateExited', stateExitedEventDetails: { name: 'Set', output: '{}', assignedVariables: { pause: '7', ends: '{"at":"1970-01-01T00:10:00Z"}' } } },
      { id: 4, previousEventId: 3, timestamp: 100, type: 'WaitStateEntered', stateEnteredEventDetails: { name: 'W', input: JSON.stringify(input) } },
    ],
    chart,
  )
  return waitingOn(run, chart, 100_000)[0]?.untilMs
}

describe('what is awaited', () => {
  it('is the answer to a token, until the sign of life fails to come', () => {
    const { waiting, words } = waits('own/token-waiting')
    expect(waiting).toMatchObject({ kind: 'token', name: 'AwaitPayment', call: { service: 'sqs', target: 'payment-requests' } })
    expect(waiting.limits.map(({ of, isEarliest }) => [of, isEarliest])).toEqual([['heartbeat', true], ['task', false], ['execution', false]])
    expect(words).toBe('AwaitPayment waits until somebody answers the token that it gave to sqs:sendMessage payment-requests. Without a sign of life it fails in 4:59.')
  })

  it('is the next try', () => {
    const { waiting, words } = waits('own/retry-waiting')
    expect(waiting).toMatchObject({ kind: 'retry', error: 'Busy', retry: { retry: 1, of: 3 }, isLatest: false })
    expect(words).toMatch(/^Charge failed with Busy and is tried again \(1 of 3\) in 0:01\. The time limit of the whole execution ends in 23:59:5\d\.$/)
    const late = waits('own/retry-waiting', 30)
    expect(late.words).toContain('is tried again (1 of 3) in a moment.')
  })

  it('is another execution', () => {
    const { waiting, words } = waits('own/child-waiting')
    expect(waiting).toMatchObject({ kind: 'child', childArn: expect.stringContaining('child-1'), limits: [] })
    expect(words).toBe('Start waits until the execution that it started has ended.')
  })

  it('is a worker, whose time counts from when it takes the work', () => {
    const nobody = waits('own/activity-waiting')
    expect(nobody.waiting).toMatchObject({ kind: 'worker', limits: [] })
    expect(nobody.words).toBe('Pack waits for a worker to take the activity pack-by-hand.')
    const somebody = waits('own/activity-at-work')
    expect(somebody.waiting).toMatchObject({ kind: 'activity', worker: 'ann' })
    expect(somebody.words).toBe('Pack is being done by the worker ann. Without a sign of life it fails in 0:59.')
  })

  it('is a timer', () => {
    const { waiting, words } = waits('own/loop-waiting', 10)
    expect(waiting.kind).toBe('timer')
    expect(words).toBe('Pause waits for 0:20 more.')
    expect(waits('own/loop-waiting', 31).words).toBe('Pause has waited; it goes on in a moment.')
  })

  it('is nothing once the execution has ended', () => {
    const { run, chart } = runOf('own/nested')
    expect(waitingOn(run, chart, run.startedMs)).toEqual([])
  })

  it('is all that is at work at once, each in its own iteration', () => {
    const { definition, events } = recorded('own/nested')
    const chart = chartOf(definition)
    const run = readRun(events.slice(0, 54), chart)
    const all = waitingOn(run, chart, run.startedMs + 1010)
    expect(all.map(({ kind, name, iterations }) => [kind, name, iterations])).toEqual([['retry', 'Cook', [0, 0]]])
    const before = readRun(events.slice(0, 39), chart)
    expect(waitingOn(before, chart, before.startedMs + 5).map(({ kind, name, iterations }) => [kind, name, iterations])).toEqual([
      ['call', 'Cook', [0, 0]],
      ['call', 'Cook', [0, 1]],
      ['call', 'Cook', [1, 0]],
      ['timer', 'Rest', [0]],
      ['timer', 'Rest', [1]],
    ])
  })

  it('is told without a definition, as far as the history goes', () => {
    const run = readRun(recorded('own/token-waiting').events)
    expect(waitingOn(run, null, run.startedMs)[0]).toMatchObject({ kind: 'token', call: { service: 'sqs', action: 'sendMessage', target: null } })
    const again = readRun(recorded('own/retry-waiting').events)
    expect(waitingOn(again, null, again.startedMs)[0]).toMatchObject({ kind: 'retry', untilMs: null })
  })
})

describe('a timer', () => {
  it.each([
    [{ Seconds: 5 }, {}, 105_000],
    [{ SecondsPath: '$.a[1].s' }, { a: [0, { s: 3 }] }, 103_000],
    [{ Seconds: '{% $states.input.s %}' }, { s: 4 }, 104_000],
    [{ Seconds: '{% $pause %}' }, {}, 107_000],
    [{ SecondsPath: '$pause' }, {}, 107_000],
    [{ Seconds: '{% 60 %}' }, {}, 160_000],
    [{ Timestamp: '1970-01-01T00:05:00Z' }, {}, 300_000],
    [{ TimestampPath: '$.at' }, { at: '1970-01-01T00:05:00Z' }, 300_000],
    [{ Timestamp: '{% $ends.at %}' }, {}, 600_000],
    // What computes more than a path is the service's to know.
    [{ Seconds: '{% $pause * 2 %}' }, {}, null],
    [{ Seconds: '{% $other %}' }, {}, null],
    [{ SecondsPath: '$.not.there' }, {}, null],
    [{ TimestampPath: '$$.Execution.StartTime' }, {}, null],
    [{}, {}, null],
  ])('%j given %j', (wait, input, untilMs) => expect(timer(wait, input)).toBe(untilMs))
})

describe('the pause before a try', () => {
  const failed = (error: string, endedMs = 0) => ({ number: 0, beganMs: endedMs, endedMs, fate: 'failed' as const, error, cause: null, asked: null, answered: null })
  const retry = (...Retry: unknown[]) => ({ Retry })

  it('grows with each retry of the same rule, up to its limit', () => {
    const definition = retry({ ErrorEquals: ['A'], IntervalSeconds: 3, BackoffRate: 2, MaxAttempts: 4, MaxDelaySeconds: 10 }, { ErrorEquals: ['States.ALL'] })
    const pause = (...errors: string[]) => pauseAfter(definition, errors.map((error) => failed(error)), [])?.mostMs ?? null
    expect([pause('A'), pause('A', 'A'), pause('A', 'A', 'A')]).toEqual([3000, 6000, 10_000])
    expect(pause('A', 'B')).toBe(1000)
    expect(pause('A', 'B', 'A')).toBe(6000)
    expect(pause('A', 'A', 'A', 'A', 'A')).toBeNull()
    expect(pause('B', 'B', 'B', 'B')).toBeNull()
  })

  it('is none for what nothing catches, and counts anew after a redrive', () => {
    const all = retry({ ErrorEquals: ['States.ALL'], MaxAttempts: 1, JitterStrategy: 'FULL' })
    expect(pauseAfter(all, [failed('States.Runtime')], [])).toBeNull()
    expect(pauseAfter(retry({ ErrorEquals: ['States.TaskFailed'] }), [failed('States.Timeout')], [])).toBeNull()
    expect(pauseAfter(retry({ ErrorEquals: ['States.HeartbeatTimeout'] }), [failed('States.Timeout')], [])).not.toBeNull()
    expect(pauseAfter(all, [failed('E', 0), failed('E', 20)], [])).toBeNull()
    expect(pauseAfter(all, [failed('E', 0), failed('E', 20)], [10])).toEqual({ mostMs: 1000, isDrawn: true, retry: 1, of: 1 })
    expect(pauseAfter({}, [failed('E')], [])).toBeNull()
  })
})

describe('words', () => {
  it('say how long something took', () => {
    expect([0, 12.4, 3400, 59_600, 125_000, 3_780_000, 187_200_000].map(lasted)).toEqual(['0 ms', '12 ms', '3.4 s', '1 min', '2 min 5 s', '1 h 3 min', '2 d 4 h'])
  })

  it('say when a limit strikes, and what it means that it is over', () => {
    expect(limitWords({ of: 'task', atMs: 61_000, isEarliest: false }, 0)).toBe('Its time limit ends in 1:01.')
    expect(limitWords({ of: 'task', atMs: 0, isEarliest: false }, 1)).toBe('Its time limit is over; the history will tell in a moment.')
    expect(limitWords({ of: 'heartbeat', atMs: 0, isEarliest: true }, 1)).toBe('It lives on by the signs of life that it gives.')
  })

  it('name fates, statuses and kinds of waiting', () => {
    expect([fateWords('caught'), statusWords('ABORTED'), statusWords('NEW_ONE')]).toEqual(['Failed, and caught', 'Stopped', 'NEW_ONE'])
    expect(waitingShort(waits('own/token-waiting').waiting)).toBe('Waits for an answer')
  })
})
