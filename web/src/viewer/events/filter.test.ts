import { expect, it } from 'vitest'
import { runOf } from '../run/fixtures/load'
import { detailOf, EVERYTHING, filtered, GROUPS, isIn, placesOf, toneOf, typeWords, visitsById } from './filter'

const { run } = runOf('own/nested')
const visits = visitsById(run)

it('lets everything through at first', () => {
  expect(filtered(run, visits, EVERYTHING)).toBe(run.events)
})

it('has each event of a recorded history in exactly one kind', () => {
  const kinds = GROUPS.map(({ group }) => group).filter((group) => group !== 'all' && group !== 'failures')
  for (const { type } of run.events) expect(kinds.filter((group) => isIn(group, type)), type).toHaveLength(1)
})

it('finds what went wrong, whatever it is of', () => {
  const failures = filtered(run, visits, { ...EVERYTHING, group: 'failures' })
  expect(failures.length).toBeGreaterThan(0)
  expect(failures.every(({ type }) => toneOf(type) === 'bad')).toBe(true)
  expect(detailOf(failures[0] ?? { id: 0, previousId: 0, atMs: 0, type: '', visit: null, raw: {} })).toBe('Busy')
})

it('finds the events of one state', () => {
  const place = placesOf(run).find((one) => one.endsWith('/Cook')) ?? null
  const events = filtered(run, visits, { ...EVERYTHING, place })
  expect(events.length).toBeGreaterThan(0)
  expect(events.every(({ visit }) => visit !== null && visits.get(visit)?.place === place)).toBe(true)
})

it('searches names of states, kinds in words, and payloads, whatever their case', () => {
  const found = (text: string) => filtered(run, visits, { ...EVERYTHING, text }).length
  expect(found('laytable')).toBeGreaterThan(0)
  expect(found('task scheduled')).toBe(run.events.filter(({ type }) => type === 'TaskScheduled').length)
  expect(found('"ORDER": "o-1"')).toBeGreaterThan(0)
  expect(found('nothing is called this')).toBe(0)
})

it('does not find an event by the names of its members, which all events have', () => {
  expect(filtered(run, visits, { ...EVERYTHING, text: 'previousEventId' })).toEqual([])
})

it('says kinds in words', () => {
  expect(typeWords('TaskStateEntered')).toBe('Task state entered')
  expect(typeWords('LambdaFunctionTimedOut')).toBe('Lambda function timed out')
})
