/**
 * What a tab remembers over a reload. A browser may close its storage to a page (then even naming it throws) or have no
 * room left: what cannot be stored is remembered for as long as the page is open, and nobody's click fails over it.
 */

/** The part of `Storage` that is needed. */
export type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** A storage that always takes what it is given. */
export class TabStorage implements Kept {
  /** What the storage did not take. */
  readonly #beside = new Map<string, string>()

  /** @param storage the browser's own; may throw, as may whatever is done with it */
  constructor(private readonly storage: () => Kept) {}

  getItem(name: string): string | null {
    const beside = this.#beside.get(name)
    if (beside !== undefined) return beside
    try {
      return this.storage().getItem(name)
    } catch {
      return null
    }
  }

  setItem(name: string, value: string): void {
    try {
      this.storage().setItem(name, value)
      this.#beside.delete(name)
    } catch {
      this.#beside.set(name, value)
    }
  }

  removeItem(name: string): void {
    this.#beside.delete(name)
    try {
      this.storage().removeItem(name)
    } catch {
      // It is closed, so it has nothing to show either.
    }
  }
}

/** What this tab remembers. */
export const tabStorage = new TabStorage(() => sessionStorage)
