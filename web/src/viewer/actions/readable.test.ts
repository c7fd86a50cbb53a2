import { expect, it } from 'vitest'
import { readable } from './readable'

it('puts an input into lines', () => {
  expect(readable('{"a": [1, "x  y"]}')).toBe('{\n  "a": [\n    1,\n    "x  y"\n  ]\n}')
})

it('leaves an input as it is that would be another one', () => {
  for (const text of ['{"id":12345678901234567890}', '{"price":1.0}', '{"a":1,"a":2}', '{"b":1,"2":1}', 'no JSON']) expect(readable(text)).toBe(text)
})
