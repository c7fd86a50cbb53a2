import { effectScope } from 'vue'
import { describe, expect, it, vi } from 'vitest'
import type { Redriven } from './calls'
import { useRedrive } from './use-redrive'

const service = vi.hoisted(() => ({ answer: (): unknown => undefined }))
vi.mock('./calls', () => ({ redriveLetters: async () => service.answer() }))

const ANSWER = { queue: 'orders', feeds: 'work', isAll: false, letters: [{ messageId: 'm', outcome: 'moved' }], notes: [] } as unknown as Redriven

describe('a redrive of all', () => {
  it('asks no further once its page is left', async () => {
    const scope = effectScope()
    let asked = 0
    service.answer = () => {
      asked += 1
      if (asked === 2) scope.stop()
      return ANSWER
    }
    const redrive = scope.run(() => useRedrive(() => {}))
    await redrive?.run({ queue: 'orders', messageId: null })
    expect(asked).toBe(2)
  })

  it('goes on by itself while its page is there', async () => {
    let asked = 0
    service.answer = () => {
      asked += 1
      return { ...ANSWER, isAll: asked === 3 }
    }
    const redrive = effectScope().run(() => useRedrive(() => {}))
    expect(await redrive?.run({ queue: 'orders', messageId: null })).toBe(true)
    expect(asked).toBe(3)
  })
})
