/** Parts of a page that are loaded after it, so that the page itself is there sooner. */
import { defineComponent, h, ref, shallowRef, type Component } from 'vue'
import { Problem } from '../api/problem'
import ProblemNote from './ProblemNote.vue'

/** How often a part that did not come is asked for again by itself. */
const TRIES_MAX = 5
/** Pause before the first of these tries, ms; the next ones wait longer. */
const PAUSE_MS = 500

/**
 * A part that is loaded when it is first shown. A network that is away for a moment does not lose it; when it stays away,
 * the part's place says so and has a button.
 */
export function later<Part extends Component>(load: () => Promise<{ default: Part }>): Part {
  const part = shallowRef<Component>()
  const isMissing = ref(false)
  let isLoading = false

  async function get(): Promise<void> {
    if (isLoading || part.value !== undefined) return
    isLoading = true
    isMissing.value = false
    for (let pauseMs = PAUSE_MS, tries = 0; part.value === undefined && !isMissing.value; pauseMs *= 2, tries += 1) {
      try {
        part.value = (await load()).default
      } catch {
        if (tries === TRIES_MAX) isMissing.value = true
        else await new Promise((wake) => setTimeout(wake, pauseMs))
      }
    }
    isLoading = false
  }

  const place = defineComponent({
    inheritAttrs: false,
    setup(_props, { attrs, slots }) {
      void get()
      return () => {
        if (part.value !== undefined) return h(part.value, attrs, slots)
        return isMissing.value ? h(ProblemNote, { problem: notLoaded(), retry: 'Load it again', onRetry: get }) : null
      }
    },
  })
  // Whoever shows it gives it what the part itself takes.
  return place as Component as Part
}

function notLoaded(): Problem {
  return new Problem(
    'A part of this page did not load',
    'Check your connection, and load it again. If that does not help, the shop was renewed meanwhile: reload the page.',
    'PartNotLoaded',
    0,
    'unknown',
    true,
  )
}
