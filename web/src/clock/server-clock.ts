/**
 * The server's time, as well as a page can know it.
 *
 * A countdown that trusts the browser's clock is wrong by as much as that clock is. Each answer of the API says what
 * the server's clock showed while it was made (the `Date` header, whole seconds; an order's `serverTime`, exact). The
 * true difference between the two clocks lies between two bounds that every answer narrows: the answer was made after
 * the request was sent and before it was received. What is shown is the later bound, so that a page never promises
 * more time than there is.
 *
 * This side is measured with a clock that only runs forwards (`performance.now`), so somebody who sets the computer's
 * clock while a page is open changes nothing in what is measured. But that clock may stop while a computer sleeps. So
 * both of this side's clocks are compared: when one has gone further than the other, nobody here can tell which was
 * right, and nothing is known until the next answer to a question that was asked after that.
 */

/** The two clocks of this side may drift apart this far between two looks, ms. */
const DRIFT_MAX_MS = 2_000

/** One answer: what the server's clock showed, and when, by this side's clock, it was asked and heard. All in ms. */
export interface Sample {
  /** The server's time was at least this. */
  readonly serverEarliestMs: number
  /** And at most this. */
  readonly serverLatestMs: number
  readonly sentMs: number
  readonly receivedMs: number
}

/** A server's clock, estimated. */
export class ServerClock {
  /** Bounds of (server's time - this side's time). */
  #lowMs = Number.NEGATIVE_INFINITY
  #highMs = Number.POSITIVE_INFINITY
  /** How far the wall clock was ahead of this side's at the last look. */
  #wallAheadMs: number
  /** When the two were seen to disagree, by this side's clock; undefined while they agree. */
  #doubtedAtMs: number | undefined

  /**
   * @param ownMs this side's clock: runs forwards, from anywhere
   * @param fallbackMs the wall clock, believed only until the server has said something; tells that `ownMs` stood still
   */
  constructor(
    private readonly ownMs: () => number,
    private readonly fallbackMs: () => number,
  ) {
    this.#wallAheadMs = fallbackMs() - ownMs()
  }

  /** Whether the server has said anything yet, and nothing has happened since that puts it in doubt. */
  get isKnown(): boolean {
    this.look()
    return Number.isFinite(this.#highMs) && this.#doubtedAtMs === undefined
  }

  /** How far the estimate may be off, ms. */
  get uncertaintyMs(): number {
    return this.#highMs - this.#lowMs
  }

  /** Compares this side's clocks. Looked at before each question, so that its answer counts. */
  look(): void {
    const ownMs = this.ownMs()
    const aheadMs = this.fallbackMs() - ownMs
    if (Math.abs(aheadMs - this.#wallAheadMs) > DRIFT_MAX_MS) this.#doubtedAtMs = ownMs
    this.#wallAheadMs = aheadMs
  }

  /** Takes in an answer. */
  learn(sample: Sample): void {
    this.look()
    // Asked before the clock stood still: the answer tells of a time before that.
    if (this.#doubtedAtMs !== undefined && sample.sentMs < this.#doubtedAtMs) return
    const low = sample.serverEarliestMs - sample.receivedMs
    const high = sample.serverLatestMs - sample.sentMs
    if (!(low <= high)) return
    const narrowedLow = Math.max(this.#lowMs, low)
    const narrowedHigh = Math.min(this.#highMs, high)
    // They contradict each other: one of the clocks was moved, and the newest answer knows best.
    const isAnew = this.#doubtedAtMs !== undefined || narrowedLow > narrowedHigh
    this.#lowMs = isAnew ? low : narrowedLow
    this.#highMs = isAnew ? high : narrowedHigh
    this.#doubtedAtMs = undefined
  }

  /** The server's time now, ms since 1970; while it `isKnown`, never earlier than it truly is. */
  nowMs(): number {
    return Number.isFinite(this.#highMs) ? this.ownMs() + this.#highMs : this.fallbackMs()
  }
}

/** The clock that all of this page's countdowns go by. */
export const serverClock = new ServerClock(
  () => performance.now(),
  () => Date.now(),
)

/** Learns from an answer's `Date` header, which is cut to whole seconds. */
export function learnFromHeader(clock: ServerClock, date: string | null, sentMs: number, receivedMs: number): void {
  const serverMs = date === null ? Number.NaN : Date.parse(date)
  if (Number.isNaN(serverMs)) return
  clock.learn({ serverEarliestMs: serverMs, serverLatestMs: serverMs + 1000, sentMs, receivedMs })
}
