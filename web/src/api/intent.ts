/**
 * Idempotency keys. One intent of a person (this ticket, at this price, now) has one key, and keeps it until the API
 * has said what became of it, over a reload of the page too. So a second click, an answer that was lost, or a reload
 * while it was on its way asks after the same order and never makes a second one.
 */

import { tabStorage, type Kept } from './kept'

const PREFIX = 'holdfast.intent.'
/** The API keeps a key for 24 h; what is older is another intent. */
const KEPT_MS = 23 * 3_600_000

/** The key of what somebody is about to do, and what to call when it has an answer. */
export class Intent {
  private constructor(
    readonly key: string,
    private readonly place: string,
    private readonly kept: Kept,
  ) {}

  /**
   * The intent of doing `name` with exactly this body: the one that is still unanswered, or a new one.
   *
   * @param name what is done, e.g. `place-order`
   * @param body what is sent; another body is another intent
   */
  static of(name: string, body: unknown, kept: Kept = tabStorage, nowMs: number = Date.now()): Intent {
    const place = `${PREFIX}${name}.${JSON.stringify(body)}`
    const before = read(kept, place)
    // A clock that is set back makes no new intent of an unanswered one.
    const isAlive = before !== null && Math.abs(nowMs - before.sinceMs) < KEPT_MS
    const key = isAlive ? before.key : crypto.randomUUID()
    if (!isAlive) kept.setItem(place, JSON.stringify({ key, sinceMs: nowMs } satisfies Row))
    return new Intent(key, place, kept)
  }

  /** The API has answered, with success or a refusal: the next time is a new intent. */
  answered(): void {
    this.kept.removeItem(this.place)
  }
}

interface Row {
  readonly key: string
  readonly sinceMs: number
}

function read(kept: Kept, place: string): Row | null {
  try {
    const row: unknown = JSON.parse(kept.getItem(place) ?? 'null')
    if (typeof row !== 'object' || row === null) return null
    const { key, sinceMs } = row as Partial<Row>
    return typeof key === 'string' && typeof sinceMs === 'number' ? { key, sinceMs } : null
  } catch {
    return null
  }
}
