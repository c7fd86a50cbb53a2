/** The drawing of a chart for a page: what was drawn stays until the next one is there. */
import { ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { Chart } from '../types'
import type { Direction, Drawing } from './drawing'
import { remembering, type Draw } from './drawings'
import { elk } from './engine'

const draw = remembering(elk)

export interface ShownDrawing {
  drawing: Readonly<ShallowRef<Drawing | undefined>>
  /** Whether drawing this chart failed. */
  isFailed: Readonly<Ref<boolean>>
  /** Tries once more. */
  again: () => void
}

/** How a run fares is no reason to draw: only the chart and the direction are. */
export function useDrawing(chart: () => Chart, direction: () => Direction, ask: Draw = draw): ShownDrawing {
  const drawing = shallowRef<Drawing>()
  const isFailed = ref(false)
  let asked = 0
  async function show(): Promise<void> {
    const mine = ++asked
    isFailed.value = false
    try {
      const answer = await ask(chart(), direction())
      // Meanwhile another may be wanted.
      if (mine === asked) drawing.value = answer
    } catch {
      if (mine === asked) isFailed.value = true
    }
  }
  watch([chart, direction], show, { immediate: true })
  return { drawing, isFailed, again: show }
}
