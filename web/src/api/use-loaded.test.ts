import { effectScope } from 'vue'
import { describe, expect, it } from 'vitest'
import { Problem } from './problem'
import { useLoaded, type Loaded } from './use-loaded'

/** Readings that end when they are told to, in any order; an aborted one ends at once, as `fetch` does. */
class Readings {
  readonly #under: { give: (value: string) => void; fail: (thrown: unknown) => void }[] = []

  readonly load = (signal: AbortSignal): Promise<string> =>
    new Promise((give, fail) => {
      this.#under.push({ give, fail })
      signal.addEventListener('abort', () => {
        fail(signal.reason)
      })
    })

  /** The reading that began as the `nth`, counted from 0. */
  nth(n: number): { give: (value: string) => void; fail: (thrown: unknown) => void } {
    const found = this.#under[n]
    if (found === undefined) throw new Error(`${this.#under.length} readings began.`)
    return found
  }
}

function loadedOf(readings: Readings): { loaded: Loaded<string>; leave: () => void } {
  const scope = effectScope()
  const loaded = scope.run(() => useLoaded(readings.load))
  if (loaded === undefined) throw new Error('no scope')
  return { loaded, leave: () => { scope.stop() } }
}

const moment = () => new Promise((wake) => setTimeout(wake))
const BUSY = new Problem('Busy', 'Busy.', 'Transient', 503, 'unknown', true)

describe('something that is read', () => {
  it('whoever waits for a reading that a later one replaced waits for the later', async () => {
    const readings = new Readings()
    const { loaded } = loadedOf(readings)
    readings.nth(0).give('old')
    await moment()
    let seen: string | undefined
    const waited = loaded.reload().then(() => (seen = loaded.value.value))
    const later = loaded.reload()
    await moment()
    expect(seen).toBeUndefined()
    readings.nth(2).give('new')
    await Promise.all([waited, later])
    expect(seen).toBe('new')
  })

  it('catching up that was replaced fails with the reading that replaced it', async () => {
    const readings = new Readings()
    const { loaded } = loadedOf(readings)
    const caughtUp = loaded.catchUp()
    const later = loaded.reload()
    readings.nth(2).fail(BUSY)
    await expect(caughtUp).rejects.toBe(BUSY)
    await later
  })

  it('catching up does not succeed on a page that is left before it ends', async () => {
    const readings = new Readings()
    const { loaded, leave } = loadedOf(readings)
    const caughtUp = loaded.catchUp()
    leave()
    await expect(caughtUp).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('is loading until something came, and stays shown when a later reading fails', async () => {
    const readings = new Readings()
    const { loaded } = loadedOf(readings)
    expect(loaded.isLoading.value).toBe(true)
    readings.nth(0).give('a')
    await moment()
    expect([loaded.value.value, loaded.isLoading.value]).toEqual(['a', false])
    const again = loaded.reload()
    readings.nth(1).fail(BUSY)
    await again
    expect([loaded.value.value, loaded.problem.value]).toEqual(['a', BUSY])
  })
})
