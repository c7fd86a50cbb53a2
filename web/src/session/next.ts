/**
 * Where somebody goes after signing in. The address stands in `?next=`, where anybody can have put it, so only pages of
 * this shop count: a link must not be able to send people who have just signed in somewhere else.
 */

/** Where to go when nothing, or nothing of this shop, is asked for. */
export const HOME = '/'

/** Pages that lead back here. */
const IN_CIRCLES = ['/signin', '/signup']

/**
 * The page asked for, as a path of this origin with its query and fragment.
 *
 * @param next what the address says; anything may be in it
 * @param origin this page's own, e.g. `https://shop.example`
 */
export function ownPath(next: unknown, origin: string = location.origin): string {
  if (typeof next !== 'string' || !next.startsWith('/')) return HOME
  let address: URL
  try {
    // Read as a browser would: `//host`, `/\host` and `/<tab>/host` are all somewhere else.
    address = new URL(next, origin)
  } catch {
    return HOME
  }
  // A path that begins with two slashes would be a host again, for whoever reads it next.
  if (address.origin !== origin || address.pathname.startsWith('//')) return HOME
  if (IN_CIRCLES.includes(address.pathname.toLowerCase())) return HOME
  return address.pathname + address.search + address.hash
}
