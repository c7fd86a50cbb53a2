/**
 * The socket to `/live`: opens, reopens, asks for topics, pings. It knows nothing of what messages mean.
 *
 * A socket may die without a word (sleep, a changed network), so it is asked from time to time and replaced when it
 * does not answer. Reopening waits ever longer, and never exactly as long as other pages do, so that a shop that
 * comes back is not met by all of them at once.
 */

/** One message of the server (docs/live.md). */
export interface LiveMessage {
  /** Its number: of the movement at its place, the version of the ticket or order; 0 for answers. */
  readonly seq: number
  readonly kind: string
  readonly body: Readonly<Record<string, unknown>>
}

/** What a browser offers, so that a test can stand in for it. */
export interface Surroundings {
  readonly open: (url: string) => WebSocket
  readonly url: () => string
  readonly random: () => number
}

/** What the owner of a socket wants to know. */
export interface Ears {
  /** It is open and watches what was asked for: from here on nothing is missed. */
  readonly watching: () => void
  readonly message: (message: LiveMessage) => void
  readonly closed: () => void
}

const FIRST_PAUSE_MS = 400
const LONGEST_PAUSE_MS = 15_000
/** Longest silence after a question before the socket counts as dead. */
const ANSWER_MAX_MS = 8_000

/** The page's own browser. */
export const browser: Surroundings = {
  open: (url) => new WebSocket(url),
  url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`,
  random: () => Math.random(),
}

/** A socket that keeps itself open. */
export class LiveSocket {
  #socket: WebSocket | undefined
  #topics: readonly string[] = []
  #failures = 0
  #reopen: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly ears: Ears,
    private readonly around: Surroundings = browser,
  ) {}

  /** Opens it, if it is not open, and without waiting for the pause after a failure. */
  open(): void {
    clearTimeout(this.#reopen)
    this.#reopen = undefined
    if (this.#socket !== undefined) return
    let socket: WebSocket
    try {
      socket = this.around.open(this.around.url())
    } catch {
      this.#later()
      return
    }
    this.#socket = socket
    this.#expectAnswer()
    socket.onopen = () => {
      this.#send({ action: 'watch', topics: this.#topics })
    }
    socket.onmessage = (event) => {
      if (this.#socket === socket) this.#heard(event.data)
    }
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost()
    }
  }

  /** Replaces what is watched. */
  watch(topics: readonly string[]): void {
    this.#topics = topics
    if (this.#socket?.readyState === WebSocket.OPEN) this.#send({ action: 'watch', topics })
  }

  /** Asks whether anybody is there; if not, the socket is replaced. */
  ping(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#send({ action: 'ping' })
    else this.open()
  }

  /** Closes it and opens a new one: for another session. */
  restart(): void {
    this.#drop()
    this.ears.closed()
    this.open()
  }

  /** Closes it for good. */
  close(): void {
    clearTimeout(this.#reopen)
    this.#reopen = undefined
    this.#drop()
    this.ears.closed()
  }

  #send(request: object): void {
    this.#socket?.send(JSON.stringify(request))
    this.#expectAnswer()
  }

  #expectAnswer(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.#lost()
    }, ANSWER_MAX_MS)
  }

  #heard(data: unknown): void {
    clearTimeout(this.#silence)
    for (const message of messagesOf(data)) {
      if (message.kind === 'watching') {
        this.#failures = 0
        this.ears.watching()
      } else if (message.kind !== 'pong') {
        this.ears.message(message)
      }
    }
  }

  #lost(): void {
    this.#drop()
    this.ears.closed()
    this.#later()
  }

  #drop(): void {
    clearTimeout(this.#silence)
    const socket = this.#socket
    this.#socket = undefined
    if (socket === undefined) return
    socket.onopen = null
    socket.onmessage = null
    socket.onclose = null
    socket.close()
  }

  #later(): void {
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS)
    this.#failures += 1
    clearTimeout(this.#reopen)
    this.#reopen = setTimeout(
      () => {
        this.open()
      },
      longest / 2 + (this.around.random() * longest) / 2,
    )
  }
}

/** The messages of a frame; what is none is left out, because every page can also read. */
export function messagesOf(data: unknown): LiveMessage[] {
  if (typeof data !== 'string') return []
  let frame: unknown
  try {
    frame = JSON.parse(data)
  } catch {
    return []
  }
  if (!Array.isArray(frame)) return []
  return frame.filter(isMessage)
}

function isMessage(candidate: unknown): candidate is LiveMessage {
  if (typeof candidate !== 'object' || candidate === null) return false
  const { seq, kind, body } = candidate as Partial<LiveMessage>
  return typeof seq === 'number' && typeof kind === 'string' && typeof body === 'object' && body !== null
}
