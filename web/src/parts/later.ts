/** Parts of a page that are loaded after it, so that the page itself is there sooner. */
import { defineAsyncComponent, type Component } from 'vue'

/** How often a part that did not come is asked for again. */
const TRIES_MAX = 5
/** Pause before the first of these tries, ms; the next ones wait longer. */
const PAUSE_MS = 500

/** A part that is loaded when it is first shown; a network that is away for a moment does not lose it. */
export function later<Part extends Component>(load: () => Promise<{ default: Part }>): Part {
  return defineAsyncComponent<Part>({
    loader: () => load().then((loaded) => loaded.default),
    delay: 0,
    onError: (_error, retry, fail, tries) => {
      if (tries <= TRIES_MAX) setTimeout(retry, PAUSE_MS * 2 ** (tries - 1))
      else fail()
    },
  })
}
