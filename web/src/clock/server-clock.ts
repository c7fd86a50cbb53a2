/**
 * The server's time, as well as a page can know it.
 *
 * A countdown that trusts the browser's clock is wrong by as much as that clock is. Each answer of the API says what
 * the server's clock showed while it was made (the `Date` header, whole seconds; an order's `serverTime`, exact). The
 * true difference between the two clocks lies between two bounds that every answer narrows: the answer was made after
 * the request was sent and before it was received. What is shown is the later bound, so that a page never promises
 * more time than there is.
 *
 * On a local stack time can be let pass, so the server's clock may leap forward. An answer that contradicts what is
 * known says so, and everything is learnt anew from it. Answers that were asked for before that one came back may
 * have been made before the leap, and say nothing about the time since.
 *
 * This side is measured with a clock that only runs forwards (`performance.now`). It may stand still while a computer
 * sleeps; the wall clock does not. So when one of them has gone further than the other, what was known is not believed
 * any more: until the next answer nobody knows the server's time, and nothing that depends on it is shown or offered.
 */

/** One answer: what the server's clock showed, and when, by this side's clock, it was asked and heard. All in ms. */
export interface Sample {
  /** The server's time was at least this. */
  readonly serverEarliestMs: number
  /** And at most this. */
  readonly serverLatestMs: number
  readonly sentMs: number
  readonly receivedMs: number
}

/** The two clocks of a browser that stays awake stay together much better than this, ms. */
const JUMP_MS = 1_000

/** A server's clock, estimated. */
export class ServerClock {
  /** Bounds of (server's time - this side's time). */
  #lowMs = Number.NEGATIVE_INFINITY
  #highMs = Number.POSITIVE_INFINITY
  /** By how much the wall clock was ahead of this side's when they were last compared. */
  #aheadMs: number
  /** When one of the clocks was found to have jumped; what was asked before that may have been answered before the jump. */
  #doubtedMs = Number.NEGATIVE_INFINITY

  /**
   * @param ownMs this side's clock: runs forwards, from anywhere
   * @param wallMs the wall clock: only tells when this side's clock stood still
   */
  constructor(
    private readonly ownMs: () => number,
    private readonly wallMs: () => number,
  ) {
    this.#aheadMs = wallMs() - ownMs()
  }

  /** Whether the server has said what its time is, since the computer last slept. */
  get isKnown(): boolean {
    this.look()
    return Number.isFinite(this.#highMs)
  }

  /** How far the estimate may be off, ms. */
  get uncertaintyMs(): number {
    return this.#highMs - this.#lowMs
  }

  /** Takes in an answer. */
  learn(sample: Sample): void {
    this.look()
    // A clock jumped on its way there or back: when, nobody knows.
    if (sample.sentMs < this.#doubtedMs) return
    const low = sample.serverEarliestMs - sample.receivedMs
    const high = sample.serverLatestMs - sample.sentMs
    if (!(low <= high)) return
    const narrowedLow = Math.max(this.#lowMs, low)
    const narrowedHigh = Math.min(this.#highMs, high)
    // They contradict each other: one of the clocks was moved, and the newest answer knows best.
    const isContradicted = narrowedLow > narrowedHigh
    this.#lowMs = isContradicted ? low : narrowedLow
    this.#highMs = isContradicted ? high : narrowedHigh
    if (isContradicted) this.#doubtedMs = sample.receivedMs
  }

  /**
   * The server's time now, ms since 1970, never earlier than it truly is, as far as the answers tell; null while it is not
   * known.
   */
  knownMs(): number | null {
    return this.isKnown ? this.ownMs() + this.#highMs : null
  }

  /** Compares this side's two clocks. Looked at before each question, so that its answer counts. */
  look(): void {
    const ownMs = this.ownMs()
    const aheadMs = this.wallMs() - ownMs
    const hasJumped = Math.abs(aheadMs - this.#aheadMs) > JUMP_MS
    this.#aheadMs = aheadMs
    if (!hasJumped) return
    this.#lowMs = Number.NEGATIVE_INFINITY
    this.#highMs = Number.POSITIVE_INFINITY
    this.#doubtedMs = ownMs
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
