import { describe, expect, it } from 'vitest'
import { changesBetween, type Change } from './changes'

function changed(before: unknown, after: unknown): string[] {
  const found = changesBetween(JSON.stringify(before), JSON.stringify(after))
  if ('problem' in found) throw new Error(found.problem)
  return found.changes.map(({ path, kind, before: old, after: now }: Change) =>
    kind === 'added' ? `+ ${path} ${JSON.stringify(now)}` : kind === 'removed' ? `- ${path} ${JSON.stringify(old)}` : `${path} ${JSON.stringify(old)} > ${JSON.stringify(now)}`,
  )
}

describe('what changed', () => {
  it('is told by path', () => {
    expect(changed({ a: 1, b: { c: 'x', d: null }, e: [1] }, { a: 2, b: { c: 'x', f: true }, e: [1], 'odd key': 0 })).toEqual([
      'a 1 > 2',
      '- b.d null',
      '+ b.f true',
      '+ ["odd key"] 0',
    ])
    expect(changed({ a: 1 }, { a: 1 })).toEqual([])
    expect(changed({ a: [1] }, [1])).toEqual([' {"a":[1]} > [1]'])
    expect(changed(1, null)).toEqual([' 1 > null'])
  })

  it('does not take what moved for what changed', () => {
    expect(changed([1, 2, 3], [0, 1, 2, 3])).toEqual(['+ [0] 0'])
    expect(changed([1, 2, 3], [2, 3])).toEqual(['- [0] 1'])
    expect(changed({ l: [{ n: 1 }, { n: 2 }, { n: 3 }] }, { l: [{ n: 1 }, { n: 9 }, { n: 3 }] })).toEqual(['l[1].n 2 > 9'])
    expect(changed([1, 1, 1], [1, 1])).toEqual(['- [2] 1'])
  })

  it('keeps apart what is inherited and what is its own', () => {
    expect(changed(JSON.parse('{"__proto__":{"a":1},"toString":1}'), JSON.parse('{"__proto__":{"a":2}}'))).toEqual(['__proto__.a 1 > 2', '- toString 1'])
  })

  it('cannot be told of what is missing, cut, or too deep', () => {
    expect(changesBetween(null, '1')).toHaveProperty('problem')
    expect(changesBetween('{"a":', '1')).toHaveProperty('problem')
    const deep = (depth: number, inner: string): string => '['.repeat(depth) + inner + ']'.repeat(depth)
    expect(changesBetween(deep(500, '1'), deep(500, '1'))).toEqual({ changes: [] })
    expect(changesBetween(deep(500, '1'), deep(500, '2'))).toMatchObject({ changes: [{ kind: 'changed' }] })
    expect(() => changesBetween(deep(100_000, '1'), deep(100_000, '2'))).not.toThrow()
  })

  it('is told up to a bound', () => {
    const found = changesBetween('[]', JSON.stringify(Array.from({ length: 5000 }, (_, index) => index)))
    expect('changes' in found ? found.changes.length : 0).toBe(1000)
  })
})
