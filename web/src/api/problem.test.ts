import { describe, expect, it, vi } from 'vitest'

const words = async (isAlone: boolean) => {
  vi.resetModules()
  const { asProblem, ofDoing, problemOf, servedAlone, unreachable } = await import('./problem')
  if (isAlone) servedAlone()
  const problems = [unreachable(), ofDoing(unreachable()), problemOf(new Response(null, { status: 502 }), ''), problemOf(new Response(null, { status: 400 }), ''), asProblem(new Error('x'))]
  return problems.map(({ title, detail }) => `${title}. ${detail}`)
}

describe('who did not answer', () => {
  it('is the shop, where there is one', async () => {
    for (const said of await words(false)) expect(said).toMatch(/shop/)
  })

  it('is the viewer, where it stands alone', async () => {
    for (const said of await words(true)) {
      expect(said).not.toMatch(/shop/)
      expect(said).toMatch(/viewer/)
    }
  })

  it('promises nothing that only some pages do', async () => {
    for (const isAlone of [false, true]) for (const said of await words(isAlone)) expect(said).not.toMatch(/by itself/)
  })
})
