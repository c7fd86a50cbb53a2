import { expect, it } from 'vitest'
import { offsetOf, rowAt, rowsInSight, scrollTo } from './window'

const OPEN = [{ index: 2, height: 100 }]

it('knows where each row begins, with open ones above it', () => {
  expect([0, 2, 3, 10].map((index) => offsetOf(index, 20, OPEN))).toEqual([0, 40, 160, 300])
})

it('finds the row at a place; what is below an open row belongs to it', () => {
  expect([0, 19, 20, 45, 159, 160].map((offset) => rowAt(offset, 1000, 20, OPEN))).toEqual([0, 0, 1, 2, 2, 3])
  expect(rowAt(1e9, 1000, 20, OPEN)).toBe(999)
})

it('draws what is in sight and a little more, and never what is not there', () => {
  expect(rowsInSight(2_000, 100, 25_000, 20, [], 5)).toEqual({ from: 95, to: 111 })
  expect(rowsInSight(0, 600, 3, 20, [])).toEqual({ from: 0, to: 3 })
  expect(rowsInSight(0, 600, 0, 20, [])).toEqual({ from: 0, to: 0 })
})

it('draws no more rows for a list of any length', () => {
  const { from, to } = rowsInSight(400_000, 700, 25_000, 20, OPEN)
  expect(to - from).toBeLessThan(60)
})

it('scrolls as little as need be', () => {
  expect(scrollTo(5, 100, 200, 20, [])).toBe(100)
  expect(scrollTo(0, 100, 200, 20, [])).toBe(0)
  expect(scrollTo(20, 100, 200, 20, [])).toBe(220)
})

it('shows an open row with what is below it, or from its beginning if that is higher than the frame', () => {
  expect(scrollTo(2, 0, 130, 20, OPEN)).toBe(30)
  expect(scrollTo(2, 0, 90, 20, OPEN)).toBe(40)
})
