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
  /** It is open and watches all that was asked for: from here on nothing is missed. */
  readonly watching: () => void
  readonly message: (message: LiveMessage) => void
  /** It is gone, and nothing is watched until `watching` is said again. */
  readonly closed: () => void
}

const FIRST_PAUSE_MS = 400
const LONGEST_PAUSE_MS = 15_000
/** Longest silence after a question before the socket counts as dead. */
const ANSWER_MAX_MS = 8_000
/** A socket that lived this long was a good one: the pauses begin anew. One that always dies at once is no reason to hurry. */
const GOOD_AFTER_MS = 10_000
/** `WebSocket.OPEN`. */
const OPEN = 1

/** What the server owes: the answer to `watch`, or any sign of life after a `ping`. */
type Owed = 'watching' | 'sign'

/** The page's own browser. */
export const browser: Surroundings = {
  open: (url) => new WebSocket(url),
  url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`,
  random: () => Math.random(),
}

/** A socket that keeps itself open from the first `watch` until it is told to rest. */
export class LiveSocket {
  #socket: WebSocket | undefined
  #topics: readonly string[] = []
  #isResting = true
  #failures = 0
  /** Since when this socket watches, ms since 1970; undefined when it does not. */
  #watchingSinceMs: number | undefined
  #reopen: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined
  #owed: Owed | undefined

  constructor(
    private readonly ears: Ears,
    private readonly around: Surroundings = browser,
  ) {}

  /** Whether something was asked that has no answer yet: then nobody knows whether it is still there. */
  get isUnsure(): boolean {
    return this.#owed !== undefined
  }

  /** Replaces what is watched. A socket that rests is opened. */
  watch(topics: readonly string[]): void {
    const isNew = topics.join() !== this.#topics.join()
    this.#topics = topics
    if (this.#isResting) this.#open()
    else if (isNew && this.#socket?.readyState === OPEN) this.#askForTopics()
  }

  /** Asks whether anybody is there; if not, the socket is replaced. Opens it at once if there is none. */
  ping(): void {
    if (this.#socket?.readyState === OPEN) this.#send({ action: 'ping' }, 'sign')
    else this.#open()
  }

  /** Closes it and opens a new one: for another session, or another network. */
  restart(): void {
    if (this.#isResting) return
    this.#drop()
    this.ears.closed()
    this.#open()
  }

  /** Closes it until somebody watches or pings. */
  rest(): void {
    if (this.#isResting) return
    this.#isResting = true
    clearTimeout(this.#reopen)
    this.#reopen = undefined
    this.#drop()
    this.ears.closed()
  }

  #open(): void {
    this.#isResting = false
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
    this.#expect('watching')
    socket.onopen = () => {
      this.#askForTopics()
    }
    socket.onmessage = (event) => {
      this.#heard(event.data)
    }
    socket.onclose = () => {
      this.#lost()
    }
  }

  #askForTopics(): void {
    this.#send({ action: 'watch', topics: this.#topics }, 'watching')
  }

  #send(request: object, owed: Owed): void {
    this.#socket?.send(JSON.stringify(request))
    this.#expect(owed)
  }

  #expect(owed: Owed): void {
    // A ping is no reason to wait longer for the answer to `watch`, nor to take less for it.
    if (owed === 'sign' && this.#owed === 'watching') return
    this.#owed = owed
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.#lost()
    }, ANSWER_MAX_MS)
  }

  #heard(data: unknown): void {
    const messages = messagesOf(data)
    // A gateway's own complaint, or the shop's refusal: nobody knows what is watched now. The page polls until another
    // socket is taken.
    if (messages === undefined || messages.some(({ kind }) => kind === 'refused')) {
      this.#lost()
      return
    }
    if (this.#owed === 'sign') this.#settle()
    for (const message of messages) {
      if (message.kind === 'pong') continue
      if (message.kind !== 'watching') this.ears.message(message)
      else if (this.#isAll(message.body['topics'])) {
        this.#settle()
        this.#watchingSinceMs ??= Date.now()
        this.ears.watching()
      }
    }
  }

  #settle(): void {
    clearTimeout(this.#silence)
    this.#silence = undefined
    this.#owed = undefined
  }

  /** Whether an answer names all that is wished for by now; one to an earlier wish may not. */
  #isAll(topics: unknown): boolean {
    return Array.isArray(topics) && this.#topics.every((topic) => topics.includes(topic))
  }

  #lost(): void {
    if (this.#watchingSinceMs !== undefined && Date.now() - this.#watchingSinceMs >= GOOD_AFTER_MS) this.#failures = 0
    this.#drop()
    this.ears.closed()
    this.#later()
  }

  #drop(): void {
    this.#settle()
    this.#watchingSinceMs = undefined
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
        this.#open()
      },
      longest / 2 + (this.around.random() * longest) / 2,
    )
  }
}

/**
 * The messages of a frame; undefined for what is no frame of the shop's. What is no message in one is left out, because
 * every page can also read.
 */
export function messagesOf(data: unknown): LiveMessage[] | undefined {
  if (typeof data !== 'string') return undefined
  let frame: unknown
  try {
    frame = JSON.parse(data)
  } catch {
    return undefined
  }
  if (!Array.isArray(frame)) return undefined
  return frame.filter(isMessage)
}

function isMessage(candidate: unknown): candidate is LiveMessage {
  if (typeof candidate !== 'object' || candidate === null) return false
  const { seq, kind, body } = candidate as Partial<LiveMessage>
  return typeof seq === 'number' && typeof kind === 'string' && typeof body === 'object' && body !== null
}
