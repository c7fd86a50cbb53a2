/**
 * What is live on this page. Messages are hints: they may be late, twice or never, and truth is read over the API. So
 * each part of a page that watches something says two things: what to do with a message, and how to catch up by
 * reading. It is told to catch up when the socket begins to watch (so nothing falls between), after a sleep, every now
 * and then while the socket is open, and often while there is none. A page that nobody sees reads nothing.
 */
import { onScopeDispose, readonly, ref, type Ref } from 'vue'
import { asProblem } from '../api/problem'
import { LiveSocket, type Ears, type LiveMessage } from './socket'

/** Topics that can be watched: the first two by anybody, `orders` by operators. A user's own orders come without asking. */
export type Topic = 'stock' | 'tickets' | 'orders'

/** How what is shown is kept up to date. */
export type Liveness =
  /** Nothing on this page changes by itself. */
  | 'idle'
  /** The first connection is being made. */
  | 'connecting'
  /** Messages come over the socket. */
  | 'live'
  /** There is no socket; the page asks every few seconds. */
  | 'polling'
  /** Nothing answers. What is shown may be old. */
  | 'offline'

/** A part of a page that wants to be up to date. */
export interface Watcher {
  /** What it watches; null for the user's own orders only. */
  readonly topic: Topic | null
  /** A message came. */
  readonly message: (message: LiveMessage) => void
  /** Read what may have been missed. Rejects when that failed. */
  readonly catchUp: () => Promise<void>
}

/** What a watcher may ask for while it watches. */
export interface Watching {
  /** Catches up now: something was seen to be missing. Resolves when that was tried; a failure is tried again by itself. */
  readonly catchUp: () => Promise<void>
  /** A reading found what no message had told of: whether the socket still lives is asked before its time. */
  readonly doubt: () => void
}

/** What a browser tells, so that a test can stand in for it. */
export interface Surroundings {
  readonly isHidden: () => boolean
  readonly listen: (on: { seen: () => void; hidden: () => void; online: () => void; offline: () => void }) => void
  readonly socket: (ears: Ears) => Pick<LiveSocket, 'watch' | 'ping' | 'restart' | 'rest' | 'isUnsure'>
}

/** Without a socket, how often is asked. */
const POLL_MS = 2_000
/** With a socket, how often it is checked that nothing was missed. */
const CHECK_MS = 60_000
/** How often a socket is asked whether it lives. The gateway ends one that is silent for ten minutes. */
const PING_MS = 300_000
/** What failed is read again after 2 s, then ever later, at most this. */
const RETRY_MAX_MS = 10_000
/** A second that took this long was slept through. */
const SLEPT_MS = 10_000
/** A socket that is back this soon was never away, as far as anybody needs to know. */
const GRACE_MS = 2_000
/** A page that nobody sees (or that watches nothing) for this long needs no socket. */
const UNNEEDED_MAX_MS = 300_000
const TICK_MS = 1_000

/** A watcher, and how its readings went. */
interface Entry {
  readonly watcher: Watcher
  isReading: boolean
  /** Somebody asked while a reading was under way, which may have read too early for that. */
  isAskedAgain: boolean
  readAtMs: number
  /** Readings in a row that failed. */
  failures: number
  /** The latest failed because nothing answers. */
  isUnanswered: boolean
}

/** Keeps all watchers of a page up to date. */
export class Live {
  readonly liveness: Ref<Liveness> = ref('idle')
  readonly #entries = new Set<Entry>()
  readonly #socket: ReturnType<Surroundings['socket']>
  #timer: ReturnType<typeof setInterval> | undefined
  #isWatching = false
  #isAskingForTopics = false
  /** The browser says that there is no network, and no reading has proved it wrong. */
  #isCutOff = false
  #downSinceMs = 0
  #tickedAtMs = 0
  #pingedAtMs = 0
  #unneededSinceMs: number | undefined

  constructor(private readonly around: Surroundings) {
    this.#socket = around.socket({
      watching: () => {
        this.#isWatching = true
        this.#judge()
        this.#catchUpAll()
      },
      message: (message) => {
        for (const { watcher } of this.#entries) tell(watcher, message)
      },
      closed: () => {
        if (this.#isWatching) this.#downSinceMs = Date.now()
        this.#isWatching = false
        this.#judge()
      },
    })
  }

  /** Begins to keep a watcher up to date; what it shows at first, it reads itself (or asks to be caught up). */
  add(watcher: Watcher): Watching & { readonly end: () => void } {
    const entry: Entry = {
      watcher,
      isReading: false,
      isAskedAgain: false,
      readAtMs: Date.now(),
      failures: 0,
      isUnanswered: false,
    }
    this.#entries.add(entry)
    this.#begin()
    this.#askForTopics()
    this.#judge()
    return {
      catchUp: () => this.#catchUp(entry),
      doubt: () => {
        if (this.#isWatching && !this.#socket.isUnsure) this.#ping()
      },
      end: () => {
        this.#entries.delete(entry)
        this.#askForTopics()
        this.#judge()
      },
    }
  }

  /** Somebody signed in or out: what the socket may tell has changed. */
  restart(): void {
    this.#socket.restart()
  }

  #begin(): void {
    if (this.#timer !== undefined) return
    this.#tickedAtMs = Date.now()
    this.#pingedAtMs = Date.now()
    this.#downSinceMs = Date.now()
    this.liveness.value = 'connecting'
    this.#timer = setInterval(() => {
      this.#tick()
    }, TICK_MS)
    this.around.listen({
      seen: () => {
        this.#wake()
      },
      hidden: () => {
        this.#unneededSinceMs = Date.now()
      },
      online: () => {
        this.#isCutOff = false
        this.#socket.restart()
        this.#wake()
      },
      offline: () => {
        this.#isCutOff = true
        this.#judge()
      },
    })
  }

  /** Asks once for what all that begin and end in one go want together. */
  #askForTopics(): void {
    if (this.#isAskingForTopics) return
    this.#isAskingForTopics = true
    queueMicrotask(() => {
      this.#isAskingForTopics = false
      const topics = new Set<string>()
      for (const { watcher } of this.#entries) if (watcher.topic !== null) topics.add(watcher.topic)
      this.#socket.watch([...topics].sort())
    })
  }

  /** After a sleep, a change of network, or a look at another page: nothing known is certain. */
  #wake(): void {
    this.#tickedAtMs = Date.now()
    this.#unneededSinceMs = undefined
    if (this.#entries.size === 0) return
    this.#ping()
    this.#catchUpAll()
  }

  #ping(): void {
    this.#pingedAtMs = Date.now()
    this.#socket.ping()
  }

  #tick(): void {
    const nowMs = Date.now()
    const hasSlept = Math.abs(nowMs - this.#tickedAtMs) > SLEPT_MS
    this.#tickedAtMs = nowMs
    if (this.around.isHidden() || this.#entries.size === 0) {
      // A hidden page reads when it is seen again, and costs nobody anything until then.
      this.#unneededSinceMs ??= nowMs
      if (Math.abs(nowMs - this.#unneededSinceMs) >= UNNEEDED_MAX_MS) this.#socket.rest()
      return
    }
    this.#unneededSinceMs = undefined
    if (hasSlept) {
      this.#wake()
      return
    }
    this.#judge()
    if (this.#isWatching && Math.abs(nowMs - this.#pingedAtMs) >= PING_MS) this.#ping()
    const isFollowing = this.#isWatching && !this.#socket.isUnsure
    for (const entry of this.#entries) {
      if (entry.isReading) continue
      const pauseMs =
        entry.failures > 0 ? Math.min(POLL_MS * 2 ** (entry.failures - 1), RETRY_MAX_MS) : isFollowing ? CHECK_MS : POLL_MS
      if (Math.abs(nowMs - entry.readAtMs) >= pauseMs) void this.#catchUp(entry)
    }
  }

  #catchUpAll(): void {
    for (const entry of this.#entries) void this.#catchUp(entry)
  }

  /** Each watcher reads for itself: one that hangs or throws keeps none of the others from reading. */
  async #catchUp(entry: Entry): Promise<void> {
    if (entry.isReading) {
      entry.isAskedAgain = true
      return
    }
    entry.isReading = true
    do {
      entry.isAskedAgain = false
      entry.readAtMs = Date.now()
      try {
        await entry.watcher.catchUp()
        entry.failures = 0
        entry.isUnanswered = false
        this.#isCutOff = false
      } catch (thrown) {
        entry.failures += 1
        entry.isUnanswered = isUnanswered(thrown)
      }
      this.#judge()
    } while (entry.isAskedAgain && this.#entries.has(entry))
    entry.isReading = false
  }

  #judge(): void {
    const entries = [...this.#entries]
    const now = this.liveness.value
    const isDown = !this.#isWatching && Math.abs(Date.now() - this.#downSinceMs) >= GRACE_MS
    if (entries.length === 0) this.liveness.value = 'idle'
    else if (this.#isCutOff || entries.some((entry) => entry.isUnanswered)) this.liveness.value = 'offline'
    else if (this.#isWatching) this.liveness.value = 'live'
    else if (isDown || now === 'offline') this.liveness.value = 'polling'
    else if (now === 'idle') this.liveness.value = 'connecting'
  }
}

/** Whether a reading failed because the shop itself did not answer, and not because it refused something. */
function isUnanswered(thrown: unknown): boolean {
  const { code, status } = asProblem(thrown)
  return code === 'Unreachable' || (code === 'Unexplained' && status >= 500)
}

function tell(watcher: Watcher, message: LiveMessage): void {
  try {
    watcher.message(message)
  } catch (thrown) {
    // A part that cannot take a message is no reason to keep it from the others; its next catching up sets it right.
    console.error(thrown)
  }
}

const live = new Live({
  isHidden: () => document.visibilityState === 'hidden',
  listen: ({ seen, hidden, online, offline }) => {
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') seen()
      else hidden()
    })
    window.addEventListener('pageshow', (event) => {
      // Out of the browser's memory, where it stood still. The first showing is no return.
      if (event.persisted) seen()
    })
    window.addEventListener('online', online)
    window.addEventListener('offline', offline)
  },
  socket: (ears) => new LiveSocket(ears),
})

/** How up to date this page is, for the badge. */
export function useLiveness(): Readonly<Ref<Liveness>> {
  return readonly(live.liveness)
}

/** Watches for as long as the page (or part) that calls this is there. */
export function useLive(watcher: Watcher): Watching {
  const { catchUp, doubt, end } = live.add(watcher)
  onScopeDispose(end)
  return { catchUp, doubt }
}

/** Somebody signed in or out: what the socket may tell has changed. */
export function restartLive(): void {
  live.restart()
}
