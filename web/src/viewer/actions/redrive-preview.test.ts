import { describe, expect, it } from 'vitest'
import { names, runOf } from '../run/fixtures/load'
import { notRedrivable, protectionWords, redrivePreview } from './redrive-preview'

const ARN = 'arn:aws:states:eu-central-1:000000000000:execution:soup:1'

const previewOf = (name: string) => {
  const { run, chart } = runOf(name)
  return redrivePreview(run, chart)
}

describe('what a redrive runs again', () => {
  it('is what failed, and not what is around it or was done', () => {
    const { run, chart } = runOf('own/parallel-failed')
    const { again, keptCount } = redrivePreview(run, chart)
    expect(again.length).toBeGreaterThan(0)
    for (const row of again) {
      expect(chart.states.get(row.place)?.type).not.toBe('Parallel')
      expect(['failed', 'aborted', 'timedOut']).toContain(row.fate)
    }
    expect(keptCount).toBe(run.visits.filter(({ fate }) => fate === 'succeeded' || fate === 'caught').length)
  })

  it('is what the engine ran again, in a history that was recorded before and after', () => {
    const { run: before, chart } = runOf('own/redrive-before')
    const { run: after } = runOf('own/redriven')
    const last = before.events.at(-1)?.id ?? 0
    const redriven = after.events.findIndex(({ type, id }) => type === 'ExecutionRedriven' && id > last)
    const around = new Set(after.visits.map(({ parent }) => parent))
    const worked = new Set(
      after.visits
        .filter(({ attempts }) => attempts.some(({ beganMs }) => beganMs >= (after.events[redriven]?.atMs ?? Infinity)))
        .filter(({ id }) => !around.has(id) && before.visits.some((visit) => visit.id === id))
        .map(({ id }) => id),
    )
    const { again } = redrivePreview(before, chart)
    expect(worked.size).toBeGreaterThan(0)
    expect(again.map(({ visit }) => visit)).toEqual(expect.arrayContaining([...worked]))
  })

  it('is where it stood when it was stopped', () => {
    const { again } = previewOf('own/stopped')
    expect(again.map(({ fate }) => fate)).toEqual(['aborted'])
  })

  it('is nothing for one that succeeded', () => {
    for (const name of names()) {
      const { run, chart } = runOf(name)
      if (run.status === 'SUCCEEDED') expect(redrivePreview(run, chart).again, name).toEqual([])
    }
  })

  it('warns of what may be done twice, and of nothing else', () => {
    const row = previewOf('own/parallel-failed').again[0]
    if (row === undefined) throw new Error('Something failed.')
    expect(protectionWords({ ...row, protection: 'twice', asks: 'lambda:invoke charge', tries: 3 })).toContain('asked lambda:invoke charge 3 times')
    expect(protectionWords({ ...row, protection: 'kept', asks: null })).toContain('asks nobody')
  })
})

describe('whether an execution can be redriven', () => {
  it('is told with the service’s reason', () => {
    expect(notRedrivable(ARN, 'FAILED', { redriveStatus: 'REDRIVABLE' })).toBeNull()
    expect(notRedrivable(ARN, 'FAILED', {})).toBeNull()
    expect(notRedrivable(ARN, 'FAILED', { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: 'It is too old.' })).toBe('It is too old.')
    expect(notRedrivable(ARN, 'FAILED', { redriveStatus: 'REDRIVABLE_BY_MAP_RUN' })).toContain('map run')
    expect(notRedrivable('arn:aws:states:eu-central-1:000000000000:express:soup:1:2', 'FAILED', {})).toContain('Express')
    expect(notRedrivable(ARN, 'RUNNING', {})).toContain('still runs')
    expect(notRedrivable(ARN, 'SUCCEEDED', { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: 'x' })).toContain('succeeded')
  })
})
