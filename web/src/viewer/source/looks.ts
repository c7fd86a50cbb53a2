/**
 * When a page of the viewer looks again: every so often, and at once when it is told that something has changed. What is told may
 * come in crowds, and comes before what it is about has ended, so that looks are kept apart and another one follows later.
 */

/** What is looked at, and how. */
export interface Plan {
  /** The pause between two looks while nothing is told, ms. */
  readonly everyMs: () => number
  /** The shortest pause between two looks, ms, however much is told. */
  readonly apartMs: () => number
  /** Whether there is anything to look at. What is told meanwhile is not forgotten. */
  readonly isGoingOn: () => boolean
  /** Whether nobody sees the page: then nothing is looked at. */
  readonly isHidden: () => boolean
  /** One look; the next one waits for it. */
  readonly look: () => Promise<void>
}

/**
 * Rows are written by steps, and the step, or the execution, ends a moment after them. So once everything has been told there is
 * one more look, this much later.
 */
const ECHO_MS = 2_000

/** Looks, from when it is made until it is told to stop. */
export class Looks {
  #lookedAtMs = Date.now()
  #isLooking = false
  #hasStopped = false
  /** Something was told that no look has followed. */
  #isTold = false
  /** When the look after everything that was told is due. */
  #echoAtMs = Number.POSITIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly plan: Plan) {
    this.arm()
  }

  /** Something may have changed. */
  tell(): void {
    this.#isTold = true
    this.#echoAtMs = Date.now() + ECHO_MS
    this.arm()
  }

  /** Waits for what is due next, as the plan is now: when a pause has changed, or the page is seen again. */
  arm(): void {
    clearTimeout(this.#timer)
    if (this.#isLooking || this.#hasStopped || this.plan.isHidden()) return
    this.#timer = setTimeout(
      () => {
        this.#due()
      },
      Math.max(0, this.#dueAtMs() - Date.now()),
    )
  }

  stop(): void {
    this.#hasStopped = true
    clearTimeout(this.#timer)
  }

  #dueAtMs(): number {
    const told = Math.max(this.#isTold ? 0 : this.#echoAtMs, this.#lookedAtMs + this.plan.apartMs())
    return Math.min(told, this.#lookedAtMs + this.plan.everyMs())
  }

  #due(): void {
    if (this.plan.isHidden()) return
    if (this.plan.isGoingOn()) {
      void this.#look()
      return
    }
    // Asked again after the next pause.
    this.#lookedAtMs = Date.now()
    this.arm()
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    this.#isTold = false
    if (this.#echoAtMs <= Date.now()) this.#echoAtMs = Number.POSITIVE_INFINITY
    try {
      await this.plan.look()
    } catch {
      // Whoever looks shows what went wrong; the next look tries again.
    }
    this.#isLooking = false
    // From its end: a server that is slow is asked no more often than one that is not.
    this.#lookedAtMs = Date.now()
    this.arm()
  }
}
