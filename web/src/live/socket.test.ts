import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LiveSocket, messagesOf, type LiveMessage } from './socket'

/** A socket without a network. */
class FakeSocket {
  readyState = 0
  readonly sent: unknown[] = []
  isClosedByPage = false
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.isClosedByPage = true
    this.readyState = 3
  }

  accept(): void {
    this.readyState = 1
    this.onopen?.()
  }

  say(...messages: unknown[]): void {
    this.onmessage?.({ data: JSON.stringify(messages) })
  }

  watching(...topics: string[]): void {
    this.say({ seq: 0, kind: 'watching', body: { topics } })
  }

  die(): void {
    this.readyState = 3
    this.onclose?.()
  }
}

/** A page's socket, and all the sockets that it opened. */
function page(random: () => number = () => 1) {
  const opened: FakeSocket[] = []
  const heard: string[] = []
  const messages: LiveMessage[] = []
  let isRefused = false
  const socket = new LiveSocket(
    {
      watching: () => heard.push('watching'),
      message: (message) => messages.push(message),
      closed: () => heard.push('closed'),
    },
    {
      open: () => {
        if (isRefused) throw new Error('not now')
        const fake = new FakeSocket()
        opened.push(fake)
        return fake as unknown as WebSocket
      },
      url: () => 'ws://shop/live',
      random,
    },
  )
  return {
    socket,
    opened,
    heard,
    messages,
    refuse: (refused: boolean) => {
      isRefused = refused
    },
    /** Waits for the next socket. @returns how long that took, ms */
    reopened: () => {
      const before = opened.length
      let waitedMs = 0
      for (; opened.length === before && waitedMs < 60_000; waitedMs += 1) vi.advanceTimersByTime(1)
      return waitedMs
    },
    latest: () => {
      const last = opened.at(-1)
      if (last === undefined) throw new Error('no socket was opened')
      return last
    },
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the socket', () => {
  it('asks for its topics when it opens, and watches once the answer names them all', () => {
    const { socket, latest, heard } = page()
    socket.watch(['stock', 'tickets'])
    latest().accept()
    expect(latest().sent).toEqual([{ action: 'watch', topics: ['stock', 'tickets'] }])
    latest().watching('stock')
    expect(heard).toEqual([])
    latest().watching('tickets', 'stock')
    expect(heard).toEqual(['watching'])
  })

  it('does not take the answer to an earlier wish for one to the latest', () => {
    const { socket, latest, heard } = page()
    socket.watch(['stock'])
    latest().accept()
    socket.watch(['tickets'])
    latest().watching('stock')
    expect(heard).toEqual([])
    latest().watching('tickets')
    expect(heard).toEqual(['watching'])
  })

  it('asks for the same topics only once', () => {
    const { socket, latest } = page()
    socket.watch(['stock'])
    latest().accept()
    latest().watching('stock')
    socket.watch(['stock'])
    expect(latest().sent).toHaveLength(1)
  })

  it('opens again after a loss, each time after a longer pause, up to a bound', () => {
    const { socket, latest, reopened } = page()
    socket.watch([])
    const pauses: number[] = []
    for (let loss = 0; loss < 9; loss += 1) {
      latest().die()
      pauses.push(reopened())
    }
    expect(pauses).toEqual([400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000, 15_000])
  })

  it('does not wait as long as other pages do, but never less than half of the pause', () => {
    for (const [drawn, waitedMs] of [[0, 200], [0.5, 300], [1, 400]] as const) {
      const { socket, opened, latest } = page(() => drawn)
      socket.watch([])
      latest().die()
      vi.advanceTimersByTime(waitedMs - 1)
      expect(opened).toHaveLength(1)
      vi.advanceTimersByTime(1)
      expect(opened).toHaveLength(2)
    }
  })

  it('hurries again after a socket that lived, and not after one that was closed as soon as it watched', () => {
    const { socket, latest, reopened } = page()
    socket.watch([])
    const pauses: number[] = []
    for (const livedMs of [0, 9_999, 5_000, 10_000, 0]) {
      latest().accept()
      latest().watching()
      vi.advanceTimersByTime(livedMs)
      latest().die()
      pauses.push(reopened())
    }
    expect(pauses).toEqual([400, 800, 1_600, 400, 800])
  })

  it('replaces a socket that does not answer, and hears nothing of the old one any more', () => {
    const { socket, opened, latest, heard, messages } = page()
    socket.watch(['stock'])
    const dead = latest()
    dead.accept()
    dead.watching('stock')
    expect(socket.isUnsure).toBe(false)
    socket.ping()
    expect(dead.sent.at(-1)).toEqual({ action: 'ping' })
    expect(socket.isUnsure).toBe(true)
    vi.advanceTimersByTime(8_000)
    expect(heard).toEqual(['watching', 'closed'])
    expect(dead.isClosedByPage).toBe(true)
    vi.advanceTimersByTime(400)
    expect(opened).toHaveLength(2)
    dead.say({ seq: 9, kind: 'movement', body: {} })
    dead.die()
    expect(messages).toEqual([])
    expect(heard).toEqual(['watching', 'closed'])
    expect(opened).toHaveLength(2)
  })

  it('keeps one that answers, with whatever it says', () => {
    const { socket, opened, latest, heard } = page()
    socket.watch([])
    latest().accept()
    latest().watching()
    for (let asked = 0; asked < 5; asked += 1) {
      socket.ping()
      vi.advanceTimersByTime(7_000)
      latest().say({ seq: 0, kind: 'pong', body: {} })
      vi.advanceTimersByTime(60_000)
    }
    expect(opened).toHaveLength(1)
    expect(heard).toEqual(['watching'])
  })

  it('gives up one that does not open, or opens and never answers', () => {
    const { socket, opened, latest } = page()
    socket.watch([])
    vi.advanceTimersByTime(8_000 + 400)
    expect(opened).toHaveLength(2)
    latest().accept()
    vi.advanceTimersByTime(8_000 + 800)
    expect(opened).toHaveLength(3)
  })

  it('tries again when the browser itself refuses to open one', () => {
    const { socket, opened, refuse } = page()
    refuse(true)
    socket.watch([])
    expect(opened).toHaveLength(0)
    refuse(false)
    vi.advanceTimersByTime(400)
    expect(opened).toHaveLength(1)
  })

  it('opens another for another session, at once, and asks for the same topics', () => {
    const { socket, opened, latest, heard } = page()
    socket.watch(['stock'])
    latest().accept()
    latest().watching('stock')
    socket.restart()
    expect(opened).toHaveLength(2)
    expect(opened[0]?.isClosedByPage).toBe(true)
    latest().accept()
    expect(latest().sent).toEqual([{ action: 'watch', topics: ['stock'] }])
    latest().watching('stock')
    expect(heard).toEqual(['watching', 'closed', 'watching'])
  })

  it('opens none before somebody watches, and none while it rests', () => {
    const { socket, opened, latest } = page()
    socket.restart()
    expect(opened).toHaveLength(0)
    socket.watch(['stock'])
    latest().accept()
    socket.rest()
    socket.restart()
    vi.advanceTimersByTime(600_000)
    expect(opened).toHaveLength(1)
    socket.ping()
    expect(opened).toHaveLength(2)
    latest().die()
    socket.rest()
    vi.advanceTimersByTime(600_000)
    expect(opened).toHaveLength(2)
    socket.watch(['stock'])
    expect(opened).toHaveLength(3)
  })

  it('does not wait for its pause when it is asked for', () => {
    const { socket, opened, latest, reopened } = page()
    socket.watch([])
    for (let loss = 0; loss < 6; loss += 1) {
      latest().die()
      reopened()
    }
    latest().die()
    expect(opened).toHaveLength(7)
    socket.ping()
    expect(opened).toHaveLength(8)
    latest().accept()
    latest().watching()
    vi.advanceTimersByTime(60_000)
    expect(opened).toHaveLength(8)
  })

  it('hands on each message of a frame, in order', () => {
    const { socket, latest, messages } = page()
    socket.watch([])
    latest().accept()
    latest().say({ seq: 1, kind: 'movement', body: {} }, { seq: 0, kind: 'pong', body: {} }, { seq: 4, kind: 'ticket', body: {} })
    expect(messages.map(({ kind }) => kind)).toEqual(['movement', 'ticket'])
  })

  it('takes what is no message for none', () => {
    const { socket, opened, latest, messages, heard } = page()
    socket.watch([])
    latest().accept()
    for (const data of ['[1,null,"x",[],{}]', '[{"seq":"1","kind":"m","body":{}}]']) {
      expect(messagesOf(data)).toEqual([])
      latest().onmessage?.({ data })
    }
    latest().say({ seq: 0, kind: 'watching', body: {} })
    latest().say({ seq: 1, kind: 'movement' }, { seq: 2, kind: 'movement', body: {} })
    expect(messages.map(({ seq }) => seq)).toEqual([2])
    expect(heard).toEqual([])
    expect(opened).toHaveLength(1)
  })

  it('takes nothing but `watching` for the answer to `watch`, also when it is pinged meanwhile', () => {
    const { socket, opened, latest, messages } = page()
    socket.watch(['stock'])
    latest().accept()
    latest().say({ seq: 7, kind: 'order', body: {} })
    socket.ping()
    latest().say({ seq: 0, kind: 'pong', body: {} })
    expect(messages).toHaveLength(1)
    expect(socket.isUnsure).toBe(true)
    vi.advanceTimersByTime(8_000 + 400)
    expect(opened).toHaveLength(2)
  })

  it('leaves a socket on which it is refused, or that speaks as no shop does, and tries another ever later', () => {
    const complaints: unknown[] = [
      '[{"seq":0,"kind":"refused","body":{"detail":"Too many watch."}}]',
      '{"message":"Too Many Requests","connectionId":"x=","requestId":"y="}',
      '',
      'null',
      '7',
      new ArrayBuffer(3),
    ]
    const { socket, latest, heard, reopened } = page()
    socket.watch(['stock'])
    const pauses: number[] = []
    for (const data of complaints) {
      latest().accept()
      latest().onmessage?.({ data })
      expect(latest().isClosedByPage).toBe(true)
      pauses.push(reopened())
    }
    expect(pauses).toEqual([400, 800, 1_600, 3_200, 6_400, 12_800])
    expect(heard).toEqual(complaints.map(() => 'closed'))
  })
})
