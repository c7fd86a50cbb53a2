import { expect, it } from 'vitest'
import { movedTo, placedIn, WHOLE, withSeen, zoomed } from './part'

it('zooms in around a place, which stays where it is', () => {
  const part = zoomed(WHOLE, 2, 0.25)
  expect(part).toEqual({ from: 0.125, to: 0.625 })
  expect((0.25 - part.from) / (part.to - part.from)).toBeCloseTo(0.25)
})

it('never leaves the whole, and zooms out to it', () => {
  expect(zoomed(zoomed(WHOLE, 8, 1), 0.01, 0.9)).toEqual(WHOLE)
  expect(movedTo({ from: 0, to: 0.25 }, 3)).toEqual({ from: 0.75, to: 1 })
})

it('moves to what is to be seen, and not at all if it is seen', () => {
  const part = { from: 0.5, to: 0.6 }
  expect(withSeen(part, 0.55, 0.9)).toBe(part)
  const moved = withSeen(part, 0.1, 0.12)
  expect(moved.from).toBeLessThan(0.1)
  expect(moved.to).toBeGreaterThan(0.12)
})

it('places a bar in percent of what is seen, cut at its ends', () => {
  expect(placedIn({ from: 0.5, to: 1 }, 0.75, 1)).toEqual({ left: 50, width: 50 })
  expect(placedIn({ from: 0.5, to: 1 }, 0, 0.4)).toBeNull()
  expect(placedIn({ from: 0.5, to: 0.6 }, 0, 1)?.left).toBe(-1)
})
