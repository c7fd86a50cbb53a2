/**
 * One place's ledger as a page follows it.
 *
 * Movements of a place are numbered 1, 2, 3 ... without gaps, so a page always knows whether it has seen all of them. It
 * begins near the end, takes a message only if it is the next number, and reads what is missing otherwise. What it
 * shows is always one unbroken row of numbers: none twice, none left out, in order.
 */
import type { Shape } from '../api/client'

/** One row of a ledger. */
export type Movement = Shape<'MovementBody'>

/** Where movements are written down. */
export type Place = 'kitchen' | 'warehouse'

/** What there is of one ingredient, and after which movement of the place. */
export interface Balance {
  readonly ingredient: string
  readonly onHand: number
  readonly held: number
  readonly available: number
  readonly seq: number
}

/** Where the truth is read. */
export interface LedgerSource {
  /** What there is, after movement `seq`. */
  readonly stock: () => Promise<{ seq: number; items: readonly Omit<Balance, 'seq'>[] }>
  /** At most `limit` (1 to 100) movements after a number, in order. */
  readonly movements: (after: number, limit: number) => Promise<readonly Movement[]>
}

/** So many of the latest movements are read at the beginning. */
export const FIRST_READ = 100
/** Movements on a page of the API. */
const PAGE_MAX = 100
/** Who is further behind than this begins anew near the end, instead of reading everything in between. */
const BEHIND_MAX = 500
/** Rows that are kept when nobody asked for older ones. */
const KEPT_MAX = 500

/** A ledger that is being followed. */
export class Ledger {
  #rows: Movement[] = []
  /** The number of the last movement that was taken; undefined before the beginning. */
  #last: number | undefined
  /** The highest number that was heard of: so far there is something to read. */
  #heardOf = 0
  #keptMax = KEPT_MAX
  readonly #balances = new Map<string, Balance>()

  constructor(
    private readonly source: LedgerSource,
    /** Called whenever what it shows has changed. */
    private readonly changed: () => void = () => undefined,
  ) {}

  /** Consecutive movements up to the latest, in the order of their numbers. */
  get rows(): readonly Movement[] {
    return this.#rows
  }

  /** What there is, by name. */
  get balances(): readonly Balance[] {
    return [...this.#balances.values()].sort((one, other) => (one.ingredient < other.ingredient ? -1 : 1))
  }

  /** Whether there are movements before the first of `rows`. */
  get hasOlder(): boolean {
    return this.#last !== undefined && this.#before() > 0
  }

  /**
   * A message came.
   *
   * @returns false when something before it is missing; then call {@link catchUp}. Before the first catching up nothing is.
   */
  take(movement: Movement): boolean {
    this.#heardOf = Math.max(this.#heardOf, movement.seq)
    // What there is needs no neighbours: the higher number knows better.
    this.#balance(movement, movement.seq)
    if (this.#last !== undefined) this.#append([movement])
    this.changed()
    return this.#last === undefined || this.#last >= this.#heardOf
  }

  /**
   * Reads what there is and what was missed. Rejects when that failed; what was read until then stays.
   *
   * @returns whether movements had to be read, because no message brought them in their turn
   */
  async catchUp(): Promise<boolean> {
    const stock = await this.source.stock()
    for (const item of stock.items) this.#balance(item, stock.seq)
    this.#heardOf = Math.max(this.#heardOf, stock.seq)
    this.#last ??= Math.max(0, stock.seq - FIRST_READ)
    this.changed()
    return await this.#readUpToWhatWasHeardOf()
  }

  /** Reads movements before the first of `rows`. Rejects when that failed. */
  async older(count: number): Promise<void> {
    const before = this.#before()
    const after = Math.max(0, before - count)
    if (before === after) return
    const read = await this.source.movements(after, Math.min(before - after, PAGE_MAX))
    // Meanwhile the beginning may be another one, if the page fell far behind.
    if (this.#before() !== before) return
    const older = read.filter(({ seq }, place) => seq === after + 1 + place && seq <= before)
    if (older.at(-1)?.seq !== before) return
    this.#rows = [...older, ...this.#rows]
    this.#keptMax += older.length
    this.changed()
  }

  /** Forgets the oldest rows beyond what is kept: for a page that is open for long, when nobody reads them. */
  trim(): void {
    if (this.#rows.length <= this.#keptMax) return
    this.#rows = this.#rows.slice(-this.#keptMax)
    this.changed()
  }

  /** The number before the first row. */
  #before(): number {
    return (this.#rows[0]?.seq ?? (this.#last ?? 0) + 1) - 1
  }

  async #readUpToWhatWasHeardOf(): Promise<boolean> {
    let hasFound = false
    for (;;) {
      const behind = this.#heardOf - (this.#last ?? 0)
      if (behind <= 0) return hasFound
      if (behind > BEHIND_MAX) this.#beginAnew(this.#heardOf - FIRST_READ)
      const before = this.#last ?? 0
      const read = await this.source.movements(before, PAGE_MAX)
      hasFound = this.#append(read) || hasFound
      for (const movement of read) this.#balance(movement, movement.seq)
      this.changed()
      // Heard of, but not to be read yet: the next catching up finds it.
      if (this.#last === before) return hasFound
    }
  }

  #beginAnew(last: number): void {
    this.#rows = []
    this.#keptMax = KEPT_MAX
    this.#last = last
  }

  /** Takes those that follow the last one, and no others. @returns whether there were any */
  #append(movements: readonly Movement[]): boolean {
    const next: Movement[] = []
    for (const movement of movements) {
      if (movement.seq !== (this.#last ?? 0) + 1) continue
      next.push(movement)
      this.#last = movement.seq
    }
    if (next.length > 0) this.#rows = [...this.#rows, ...next]
    return next.length > 0
  }

  #balance({ ingredient, onHand, held }: Pick<Balance, 'ingredient' | 'onHand' | 'held'>, seq: number): void {
    const known = this.#balances.get(ingredient)
    if (known !== undefined && known.seq >= seq) return
    this.#balances.set(ingredient, { ingredient, onHand, held, available: onHand - held, seq })
  }
}

/** The movement of a message's body, if it is one at this place. */
export function movementOf(place: Place, body: Readonly<Record<string, unknown>>): Movement | undefined {
  const { seq, ingredient, kind, quantity, cause, at, onHand, held } = body
  const isWhole =
    body['place'] === place &&
    typeof seq === 'number' &&
    Number.isSafeInteger(seq) &&
    seq > 0 &&
    typeof ingredient === 'string' &&
    typeof kind === 'string' &&
    typeof quantity === 'number' &&
    typeof cause === 'string' &&
    typeof at === 'string' &&
    typeof onHand === 'number' &&
    typeof held === 'number'
  return isWhole ? { seq, ingredient, kind, quantity, cause, at, onHand, held } : undefined
}
