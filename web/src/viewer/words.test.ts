import { expect, it } from 'vitest'
import { sinceStart, utcMoment, zoneAt } from './words'

it('says how long after the beginning in figures that are alike', () => {
  expect([0, 120, 62_500, 3_600_000 + 65_001, 2 * 86_400_000 + 3_600_000].map(sinceStart)).toEqual(['+0.000', '+0.120', '+1:02.500', '+1:01:05.001', '+2 d 1:00:00.000'])
})

it('says a moment as everybody does, and whose the reader’s is', () => {
  expect(utcMoment(Date.UTC(2026, 10, 21, 11, 3, 44, 120))).toBe('2026-11-21 11:03:44.120 UTC')
  expect(zoneAt(0)).toMatch(/^(UTC|GMT|[A-Z]{2,5})([+-]\d+(:\d\d)?)?$/)
})
