import { describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, shallowRef } from 'vue'
import type { Chart } from '../types'
import type { Direction, Drawing } from './drawing'
import { remembering } from './drawings'
import type { Engine } from './engine'
import { useDrawing } from './use-drawing'

function chart(name: string): Chart {
  const place = `/${name}`
  const state = { place, name, type: 'Pass' as const, resource: null, comment: null, parent: null, flows: [], isDistributed: false, definition: {} }
  return { comment: null, flow: { start: place, states: [place], edges: [] }, states: new Map([[place, state]]), timeoutS: null, problems: [] }
}

describe('remembered drawings', () => {
  it('are laid out once for each definition and direction', async () => {
    const engine = vi.fn<Engine>(async (graph) => graph)
    const draw = remembering(async () => engine)
    // Another page reads the same definition anew.
    const [first, second] = await Promise.all([draw(chart('One'), 'down'), draw(chart('One'), 'down')])
    expect(second).toBe(first)
    expect(engine).toHaveBeenCalledTimes(1)
    await draw(chart('One'), 'right')
    await draw(chart('Two'), 'down')
    expect(engine).toHaveBeenCalledTimes(3)
  })

  it('are tried again after a failure', async () => {
    const engine = vi.fn<Engine>(async (graph) => graph)
    engine.mockRejectedValueOnce(new Error('no'))
    const draw = remembering(async () => engine)
    await expect(draw(chart('One'), 'down')).rejects.toThrow('no')
    expect((await draw(chart('One'), 'down')).states).toHaveLength(1)
  })

  it('are forgotten when there are many, those first that were not asked for', async () => {
    const engine = vi.fn<Engine>(async (graph) => graph)
    const draw = remembering(async () => engine)
    for (let number = 0; number < 13; number += 1) {
      await draw(chart(`State${number}`), 'down')
      await draw(chart('State0'), 'down')
    }
    expect(engine).toHaveBeenCalledTimes(13)
    await draw(chart('State1'), 'down')
    expect(engine).toHaveBeenCalledTimes(14)
  })
})

describe('the drawing of a page', () => {
  const drawing = (width: number) => ({ width }) as Drawing

  it('is not asked for again while a run goes on, and is when the direction changes', async () => {
    const ask = vi.fn(async (_: Chart, direction: Direction) => drawing(direction === 'down' ? 1 : 2))
    const shown = shallowRef(chart('One'))
    const direction = shallowRef<Direction>('down')
    const looks = shallowRef(new Map<string, string>())
    const scope = effectScope()
    const { drawing: drawn } = scope.run(() => useDrawing(() => shown.value, () => direction.value, ask)) ?? {}
    await nextTick()
    expect(drawn?.value?.width).toBe(1)
    looks.value = new Map([['/One', 'running']])
    await nextTick()
    expect(ask).toHaveBeenCalledTimes(1)
    direction.value = 'right'
    await nextTick()
    await nextTick()
    expect([ask.mock.calls.length, drawn?.value?.width]).toEqual([2, 2])
    scope.stop()
  })

  it('is the one that was asked for last, also when an earlier one comes later', async () => {
    const answers: ((drawing: Drawing) => void)[] = []
    const ask = vi.fn(() => new Promise<Drawing>((resolve) => answers.push(resolve)))
    const direction = shallowRef<Direction>('down')
    const scope = effectScope()
    const { drawing: drawn } = scope.run(() => useDrawing(() => chart('One'), () => direction.value, ask)) ?? {}
    direction.value = 'right'
    await nextTick()
    answers[1]?.(drawing(2))
    answers[0]?.(drawing(1))
    await nextTick()
    await nextTick()
    expect(drawn?.value?.width).toBe(2)
    scope.stop()
  })

  it('says that it failed, and can be asked for again', async () => {
    const ask = vi.fn(async () => drawing(1))
    ask.mockRejectedValueOnce(new Error('no'))
    const scope = effectScope()
    const shown = scope.run(() => useDrawing(() => chart('One'), () => 'down', ask))
    await vi.waitFor(() => expect(shown?.isFailed.value).toBe(true))
    shown?.again()
    await vi.waitFor(() => expect(shown?.drawing.value?.width).toBe(1))
    expect(shown?.isFailed.value).toBe(false)
    scope.stop()
  })
})
