/**
 * What is live on this page. Messages are hints: they may be late, twice or never, and truth is read over the API. So
 * each part of a page that watches something says two things: what to do with a message, and how to catch up by
 * reading. It is told to catch up when the socket begins to watch (so nothing falls between), after a sleep, every now
 * and then while the socket is open, and often while there is none.
 */
import { onScopeDispose, readonly, ref, type Ref } from 'vue'
import { asProblem } from '../api/problem'
import { LiveSocket, type LiveMessage } from './socket'

/** Public topics that can be watched. A user's own orders come without asking. */
export type Topic = 'stock' | 'tickets'

/** How what is shown is kept up to date. */
export type Liveness =
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

/** Without a socket, how often is asked. */
const POLL_MS = 2_000
/** With a socket, how often it is checked that nothing was missed. */
const CHECK_MS = 60_000
/** A second that took this long was slept through. */
const SLEPT_MS = 10_000
const TICK_MS = 1_000

const liveness = ref<Liveness>('polling')
const watchers = new Set<Watcher>()
let isSocketWatching = false
let lastCatchUpMs = 0
let lastTickMs = Date.now()
let isCatchingUp = false
let isAskedAgain = false
let timer: ReturnType<typeof setInterval> | undefined

const socket = new LiveSocket({
  watching: () => {
    isSocketWatching = true
    void catchUp()
  },
  message: (message) => {
    for (const watcher of watchers) watcher.message(message)
  },
  closed: () => {
    isSocketWatching = false
    if (liveness.value === 'live') liveness.value = 'polling'
  },
})

/** How up to date this page is, for the badge. */
export function useLiveness(): Readonly<Ref<Liveness>> {
  return readonly(liveness)
}

/** Watches for as long as the page (or part) that calls this is there. */
export function useLive(watcher: Watcher): void {
  watchers.add(watcher)
  begin()
  askForTopics()
  onScopeDispose(() => {
    watchers.delete(watcher)
    askForTopics()
  })
}

/** Somebody signed in or out: what the socket may tell has changed. */
export function restartLive(): void {
  if (timer !== undefined) socket.restart()
}

function askForTopics(): void {
  const topics = new Set<string>()
  for (const { topic } of watchers) if (topic !== null) topics.add(topic)
  socket.watch([...topics].sort())
}

function begin(): void {
  if (timer !== undefined) return
  timer = setInterval(tick, TICK_MS)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') wake()
  })
  window.addEventListener('pageshow', wake)
  window.addEventListener('online', wake)
  window.addEventListener('offline', () => {
    liveness.value = 'offline'
  })
  socket.open()
}

/** After a sleep, a change of network, or a look at another page: nothing known is certain. */
function wake(): void {
  socket.ping()
  void catchUp()
}

function tick(): void {
  const nowMs = Date.now()
  const hasSlept = Math.abs(nowMs - lastTickMs) > SLEPT_MS
  lastTickMs = nowMs
  if (hasSlept) {
    wake()
    return
  }
  // A hidden page reads when it is seen again, and costs nobody anything until then.
  if (document.visibilityState === 'hidden') return
  const sinceMs = Math.abs(nowMs - lastCatchUpMs)
  if (isSocketWatching && liveness.value === 'live') {
    if (sinceMs >= CHECK_MS) wake()
  } else if (sinceMs >= POLL_MS) {
    void catchUp()
  }
}

async function catchUp(): Promise<void> {
  if (isCatchingUp) {
    // What began before this call may have read too early for it.
    isAskedAgain = true
    return
  }
  isCatchingUp = true
  try {
    do {
      isAskedAgain = false
      lastCatchUpMs = Date.now()
      const outcomes = await Promise.allSettled([...watchers].map((watcher) => watcher.catchUp()))
      const isReachable = outcomes.every(
        (outcome) => outcome.status === 'fulfilled' || asProblem(outcome.reason).status > 0,
      )
      liveness.value = isReachable ? (isSocketWatching ? 'live' : 'polling') : 'offline'
    } while (isAskedAgain)
  } finally {
    isCatchingUp = false
  }
}
