import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, unreachable } from '../api/problem'
import { Live, type Watcher } from './live'
import type { Ears, LiveMessage } from './socket'

/** A browser page with a socket that does as it is told. */
function page() {
  let ears: Ears | undefined
  const calls: string[] = []
  const browser = { isHidden: false, isUnsure: false }
  const on = { seen: () => {}, hidden: () => {}, online: () => {}, offline: () => {} }
  const live = new Live({
    isHidden: () => browser.isHidden,
    listen: (handlers) => Object.assign(on, handlers),
    socket: (given) => {
      ears = given
      return {
        watch: (topics) => calls.push(`watch ${topics.join('+')}`),
        ping: () => calls.push('ping'),
        restart: () => calls.push('restart'),
        rest: () => calls.push('rest'),
        get isUnsure() {
          return browser.isUnsure
        },
      }
    },
  })
  return { live, on, calls, browser, ears: ears as Ears | undefined }
}

/** A watcher that counts how often it caught up, and fails as told. */
function counting(topic: Watcher['topic'] = 'stock') {
  const state = { readings: 0, heard: [] as LiveMessage[], failure: undefined as Problem | undefined }
  const watcher: Watcher = {
    topic,
    message: (message) => state.heard.push(message),
    catchUp: async () => {
      state.readings += 1
      if (state.failure !== undefined) throw state.failure
    },
  }
  return { state, watcher }
}

const MOVEMENT: LiveMessage = { seq: 1, kind: 'movement', body: {} }
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  vi.setSystemTime(new Date('2026-11-21T12:00:00Z'))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('a live page', () => {
  it('catches up when the socket begins to watch, so that nothing falls between', async () => {
    const { live, ears } = page()
    const { state, watcher } = counting()
    live.add(watcher)
    expect(live.liveness.value).toBe('connecting')
    expect(state.readings).toBe(0)
    ears?.watching()
    await pass(0)
    expect(state.readings).toBe(1)
    expect(live.liveness.value).toBe('live')
  })

  it('catches up once a minute while it is live, and asks every five whether the socket lives', async () => {
    const { live, ears, calls } = page()
    const { state, watcher } = counting()
    live.add(watcher)
    ears?.watching()
    await pass(59_000)
    expect(state.readings).toBe(1)
    expect(calls).not.toContain('ping')
    await pass(2_000)
    expect(state.readings).toBe(2)
    expect(calls).not.toContain('ping')
    await pass(240_000)
    expect(state.readings).toBe(6)
    expect(calls.filter((call) => call === 'ping')).toHaveLength(1)
  })

  it('asks at once whether the socket lives when it did not tell what a reading found, and once', async () => {
    const { live, ears, calls, browser } = page()
    const { doubt } = live.add(counting().watcher)
    doubt()
    expect(calls).not.toContain('ping')
    ears?.watching()
    doubt()
    browser.isUnsure = true
    doubt()
    expect(calls.filter((call) => call === 'ping')).toHaveLength(1)
  })

  it('asks every two seconds without a socket, and stops asking when there is one', async () => {
    const { live, ears } = page()
    const { state, watcher } = counting()
    live.add(watcher)
    ears?.closed()
    await pass(10_000)
    expect(state.readings).toBe(5)
    expect(live.liveness.value).toBe('polling')
    ears?.watching()
    await pass(0)
    expect(live.liveness.value).toBe('live')
    const then = state.readings
    await pass(30_000)
    expect(state.readings).toBe(then)
  })

  it('does not call a short loss one, but asks during it', async () => {
    const { live, ears } = page()
    const { state, watcher } = counting()
    live.add(watcher)
    ears?.watching()
    await pass(10_500)
    ears?.closed()
    expect(live.liveness.value).toBe('live')
    await pass(600)
    expect(state.readings).toBe(2)
    ears?.watching()
    expect(live.liveness.value).toBe('live')
    ears?.closed()
    await pass(3_000)
    expect(live.liveness.value).toBe('polling')
  })

  it('asks every two seconds while the socket does not say whether it lives', async () => {
    const { live, ears, browser } = page()
    const { state, watcher } = counting()
    live.add(watcher)
    ears?.watching()
    await pass(0)
    browser.isUnsure = true
    await pass(8_000)
    expect(state.readings).toBe(5)
  })

  it('catches up and pings when the computer has slept', async () => {
    const { live, ears, calls } = page()
    const { state, watcher } = counting()
    live.add(watcher)
    ears?.watching()
    await pass(5_000)
    expect(state.readings).toBe(1)
    vi.setSystemTime(Date.now() + 30_000)
    await pass(1_000)
    expect(state.readings).toBe(2)
    expect(calls).toContain('ping')
  })

  it('reads nothing while nobody sees it, however long its seconds become, and everything when it is seen again', async () => {
    const { live, ears, on, browser, calls } = page()
    const { state, watcher } = counting()
    live.add(watcher)
    ears?.watching()
    await pass(0)
    browser.isHidden = true
    on.hidden()
    for (let minute = 0; minute < 4; minute += 1) {
      await pass(1_000)
      vi.setSystemTime(Date.now() + 59_000)
    }
    ears?.closed()
    await pass(20_000)
    expect(state.readings).toBe(1)
    browser.isHidden = false
    on.seen()
    await pass(0)
    expect(state.readings).toBe(2)
    expect(calls.at(-1)).toBe('ping')
    expect(calls).not.toContain('rest')
  })

  it('lets the socket rest when nobody has seen the page for five minutes', async () => {
    const { live, ears, on, browser, calls } = page()
    live.add(counting().watcher)
    ears?.watching()
    browser.isHidden = true
    on.hidden()
    await pass(299_000)
    expect(calls).not.toContain('rest')
    await pass(2_000)
    expect(calls).toContain('rest')
  })

  it('says that nothing answers, keeps trying ever more seldom, and says when something does', async () => {
    const { live, ears } = page()
    const { state, watcher } = counting()
    live.add(watcher)
    ears?.watching()
    await pass(0)
    ears?.closed()
    state.failure = unreachable()
    await pass(60_000)
    expect(live.liveness.value).toBe('offline')
    const tries = state.readings
    await pass(60_000)
    expect(state.readings - tries).toBe(6)
    state.failure = undefined
    await pass(10_000)
    expect(live.liveness.value).toBe('polling')
    ears?.watching()
    expect(live.liveness.value).toBe('live')
  })

  it('goes offline with the network, and comes back with it: a new socket, and everything read', async () => {
    const { live, ears, on, calls } = page()
    const { state, watcher } = counting()
    live.add(watcher)
    ears?.watching()
    await pass(0)
    state.failure = unreachable()
    on.offline()
    expect(live.liveness.value).toBe('offline')
    await pass(5_000)
    state.failure = undefined
    const before = state.readings
    on.online()
    await pass(0)
    expect(calls).toContain('restart')
    expect(state.readings).toBe(before + 1)
    expect(live.liveness.value).not.toBe('offline')
  })

  it('is not offline because one part was refused something, and reads that again soon', async () => {
    const { live, ears } = page()
    const { state, watcher } = counting()
    live.add(watcher)
    state.failure = new Problem('Busy', 'Slow down.', 'SlowDown', 429, 'refused', true)
    ears?.watching()
    await pass(0)
    expect(live.liveness.value).toBe('live')
    state.failure = undefined
    await pass(3_000)
    expect(state.readings).toBe(2)
    await pass(30_000)
    expect(state.readings).toBe(2)
  })

  it('tells every watcher, also after one that throws', () => {
    const { live, ears } = page()
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const broken: Watcher = {
      topic: 'stock',
      message: () => {
        throw new Error('broken')
      },
      catchUp: async () => {},
    }
    const { state, watcher } = counting()
    live.add(broken)
    live.add(watcher)
    ears?.message(MOVEMENT)
    expect(state.heard).toEqual([MOVEMENT])
    expect(said).toHaveBeenCalledOnce()
  })

  it('lets every watcher catch up, also beside one that throws at once and one that hangs', async () => {
    const { live, ears } = page()
    const thrower: Watcher = {
      topic: 'stock',
      message: () => {},
      catchUp: () => {
        throw new Error('broken')
      },
    }
    const hanging: Watcher = { topic: 'stock', message: () => {}, catchUp: () => new Promise(() => undefined) }
    const { state, watcher } = counting()
    live.add(thrower)
    live.add(hanging)
    live.add(watcher)
    ears?.watching()
    await pass(0)
    ears?.closed()
    await pass(10_000)
    expect(state.readings).toBeGreaterThanOrEqual(5)
    expect(live.liveness.value).toBe('polling')
  })

  it('reads once more after a reading that began too early, and never two at a time', async () => {
    const { live } = page()
    const running = { now: 0, most: 0, all: 0 }
    const finish: (() => void)[] = []
    const { catchUp } = live.add({
      topic: 'stock',
      message: () => {},
      catchUp: async () => {
        running.all += 1
        running.now += 1
        running.most = Math.max(running.most, running.now)
        await new Promise<void>((done) => finish.push(done))
        running.now -= 1
      },
    })
    void catchUp()
    void catchUp()
    void catchUp()
    finish[0]?.()
    await pass(0)
    finish[1]?.()
    await pass(0)
    expect(running).toEqual({ now: 0, most: 1, all: 2 })
  })

  it('does not hurry a slow reading', async () => {
    const { live, ears } = page()
    const finish: (() => void)[] = []
    live.add({ topic: 'stock', message: () => {}, catchUp: () => new Promise((done) => finish.push(done)) })
    ears?.closed()
    await pass(9_500)
    expect(finish).toHaveLength(1)
    finish[0]?.()
    await pass(0)
    expect(finish).toHaveLength(1)
    await pass(1_000)
    expect(finish).toHaveLength(2)
  })

  it('asks for the topics of all who watch, once, and for none of those who left', async () => {
    const { live, calls } = page()
    const stock = live.add(counting('stock').watcher)
    live.add(counting('tickets').watcher)
    live.add(counting(null).watcher)
    await pass(0)
    stock.end()
    live.add(counting('tickets').watcher)
    await pass(0)
    expect(calls).toEqual(['watch stock+tickets', 'watch tickets'])
  })

  it('is still when nothing is watched: no reading, no ping, in the end no socket', async () => {
    const { live, ears, calls } = page()
    const { state, watcher } = counting()
    const { end } = live.add(watcher)
    ears?.watching()
    await pass(0)
    end()
    expect(live.liveness.value).toBe('idle')
    await pass(400_000)
    expect(state.readings).toBe(1)
    expect(calls).not.toContain('ping')
    expect(calls).toContain('rest')
    ears?.closed()
    live.add(watcher)
    await pass(3_000)
    expect(live.liveness.value).toBe('polling')
  })
})
