/** The names of places: where a state stands in its definition. */
import type { Place } from '../types'

/** What would read as part of the path, written otherwise. */
const WRITTEN: Readonly<Record<string, string>> = { '~': '~0', '/': '~1', '#': '~2', '\n': '~3' }
const READ: Readonly<Record<string, string>> = { '~0': '~', '~1': '/', '~2': '#', '~3': '\n' }

/**
 * The place of a state.
 *
 * @param parent the Map or Parallel state around it, or `null` at the top
 * @param flow which of the parent's flows, from 0; of no account at the top
 */
export function placeIn(parent: Place | null, flow: number, name: string): Place {
  const last = name.replace(/[~/#\n]/g, (sign) => WRITTEN[sign] ?? sign)
  return parent === null ? `/${last}` : `${parent}#${flow}/${last}`
}

/** The state's own name. */
export function nameOf(place: Place): string {
  return place.slice(place.lastIndexOf('/') + 1).replace(/~[0-3]/g, (sign) => READ[sign] ?? sign)
}

/** The Map or Parallel state around a place, and in which of its flows the place is; `null` at the top. */
export function around(place: Place): { readonly parent: Place; readonly flow: number } | null {
  const cut = place.lastIndexOf('/')
  const hash = place.lastIndexOf('#', cut)
  if (hash < 0) return null
  return { parent: place.slice(0, hash), flow: Number(place.slice(hash + 1, cut)) }
}
