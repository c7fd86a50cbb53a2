/**
 * Pages that could not be loaded. A deployment takes away the chunks of the one before, so a page that is open for long is
 * loaded anew as a whole, once; but never while there is no network, which would leave nothing at all. Where that is no
 * help, `App.vue` says so.
 */
import { readonly, shallowRef } from 'vue'

/** What Chromium and Firefox, Safari, and Vite (of a page's styles) say of it. */
const SAYINGS = /dynamically imported module|Importing a module script failed|Unable to preload CSS/i
const MARK = 'holdfast.reloaded'

/** What a browser offers, so that a test can stand in for it. */
export interface Surroundings {
  readonly isOnline: () => boolean
  readonly storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  readonly load: (path: string) => void
}

const browser: Surroundings = {
  isOnline: () => navigator.onLine,
  storage: () => sessionStorage,
  load: (path) => {
    location.assign(path)
  },
}

const unloaded = shallowRef<string>()
/** The page that somebody wanted and that did not come, as a path. */
export const unloadedPage = readonly(unloaded)

/** Errors of which Vite said that a chunk did not come, whatever the browser calls it. */
const told = new WeakSet<Error>()

/** Hears what Vite says of chunks that do not come. */
export function listenForUnloaded(): void {
  window.addEventListener('vite:preloadError', ({ payload }) => {
    told.add(payload)
  })
}

/** Whether something thrown says that a chunk did not come. */
export function isUnloaded(thrown: unknown): boolean {
  return thrown instanceof Error && (told.has(thrown) || SAYINGS.test(thrown.message))
}

/** The way to a page ended with something thrown: if the page did not come, loads it as a whole or says so. */
export function meetUnloaded(thrown: unknown, path: string, around: Surroundings = browser): void {
  if (!isUnloaded(thrown)) return
  if (around.isOnline() && isFirst(path, around)) around.load(path)
  else unloaded.value = path
}

/** Whoever wanted the page tells of it where somebody looks. */
export function tellElsewhere(): void {
  unloaded.value = undefined
}

/** Another page is there, or this one is tried again. */
export function forgetUnloaded(around: Surroundings = browser): void {
  unloaded.value = undefined
  try {
    around.storage().removeItem(MARK)
  } catch {
    // Storage is closed to this page: nothing was kept either.
  }
}

/** Whether it was not loaded as a whole already; without storage nobody knows, and loading could go on for ever. */
function isFirst(path: string, around: Surroundings): boolean {
  try {
    if (around.storage().getItem(MARK) === path) return false
    around.storage().setItem(MARK, path)
    return true
  } catch {
    return false
  }
}
