import { expect, it } from 'vitest'
import { sinceStart } from './words'

it('says how long after the beginning in figures that are alike', () => {
  expect([0, 120, 62_500, 3_600_000 + 65_001, 2 * 86_400_000 + 3_600_000].map(sinceStart)).toEqual(['+0.000', '+0.120', '+1:02.500', '+1:01:05.001', '+2 d 1:00:00.000'])
})
