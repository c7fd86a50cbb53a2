/**
 * A page that could not be loaded. After a deployment the chunks of a page that was open before are gone: then the page is
 * loaded anew, once. Where the shop does not answer that would lose what is on the screen, so it is said instead, with a
 * way to try again.
 */
import { shallowRef, type ShallowRef } from 'vue'
import { tabStorage, type Kept } from './api/kept'

/** What Vite's loader said of the chunks that it could not load. */
const missing = new WeakSet<object>()
/** What browsers, and Vite's loader, call a chunk that did not come. */
const MISSING = [/dynamically imported module/i, /importing a module script failed/i, /unable to preload css/i]

const MARK = 'holdfast.reloaded'

/** The address that could not be loaded; null when the page that is shown is the one that was asked for. */
export const lostPage: ShallowRef<string | null> = shallowRef(null)

/** What this needs of the browser. */
export interface Around {
  readonly kept: Kept
  /** Whether this address of the shop answers. */
  readonly answers: (address: string) => Promise<boolean>
  /** Leaves this page for that address, loaded anew. */
  readonly loadAnew: (address: string) => void
}

const browser: Around = {
  kept: tabStorage,
  answers: async (address) => {
    if (!navigator.onLine) return false
    try {
      return (await fetch(address, { cache: 'no-store' })).ok
    } catch {
      return false
    }
  },
  loadAnew: (address) => {
    location.assign(address)
  },
}

/** Listens to Vite's loader, which tells of each chunk that did not come: <https://vite.dev/guide/build#load-error-handling>. */
export function listenForMissing(window: EventTarget): void {
  window.addEventListener('vite:preloadError', (event) => {
    const { payload } = event as Event & { readonly payload?: unknown }
    if (typeof payload === 'object' && payload !== null) missing.add(payload)
  })
}

/** Whether a part of the program did not come, by what was thrown. */
export function isMissing(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  return missing.has(thrown) || MISSING.some((name) => name.test(thrown.message))
}

/** The way to a page failed: loads it anew if that may help, else `lostPage` says so. */
export async function lose(thrown: unknown, address: string, around: Around = browser): Promise<void> {
  // Once only: a page that is broken for good would be loaded for ever.
  if (isMissing(thrown) && around.kept.getItem(MARK) !== address && (await around.answers(address))) {
    around.kept.setItem(MARK, address)
    around.loadAnew(address)
    return
  }
  lostPage.value = address
}

/** A page is there, or somebody asks for it anew: the next failure is another one. */
export function arrive(kept: Kept = tabStorage): void {
  kept.removeItem(MARK)
  lostPage.value = null
}
