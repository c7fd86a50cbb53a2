import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

describe('the description of the API', () => {
  it('names each operation once, or the types of one call would be those of another', () => {
    const description = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')) as {
      paths: Record<string, Record<string, { operationId?: string }>>
    }
    const names = Object.values(description.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId))
    expect(names).toEqual([...new Set(names)])
    expect(names.length).toBeGreaterThan(50)
  })
})
