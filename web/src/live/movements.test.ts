import { describe, expect, it } from 'vitest'
import { FIRST_READ, Ledger, movementOf, type Balance, type Movement } from './movements'

/** Numbers that look random, and are the same in each run. */
function randomOf(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

/** A place whose movements are written down while pages read them. Each reading can fail, or be answered late. */
class Truth {
  readonly movements: Movement[] = []
  readonly #waiting: (() => void)[] = []
  failing = 0
  isHeldBack = false

  write(count = 1): void {
    for (let written = 0; written < count; written += 1) {
      const seq = this.movements.length + 1
      const ingredient = ['queso', 'pan', 'pollo'][seq % 3] ?? 'pan'
      this.movements.push({ seq, ingredient, kind: 'bought', quantity: 1, cause: 'x', at: '2026-11-21T12:00:00Z', onHand: seq, held: seq % 2 })
    }
  }

  /** What there is, counted from the movements. */
  balances(): Omit<Balance, 'seq'>[] {
    const latest = new Map(this.movements.map((movement) => [movement.ingredient, movement]))
    return [...latest.values()]
      .map(({ ingredient, onHand, held }) => ({ ingredient, onHand, held, available: onHand - held }))
      .sort((one, other) => (one.ingredient < other.ingredient ? -1 : 1))
  }

  async #answer<Value>(value: Value): Promise<Value> {
    const fails = this.failing > 0
    if (fails) this.failing -= 1
    if (this.isHeldBack) await new Promise<void>((wake) => this.#waiting.push(wake))
    if (fails) throw new Error('busy')
    return value
  }

  /** Answers one reading that waits. */
  letOneThrough(which: number): void {
    this.#waiting.splice(which % Math.max(1, this.#waiting.length), 1)[0]?.()
  }

  letAllThrough(): void {
    this.isHeldBack = false
    for (const wake of this.#waiting.splice(0)) wake()
  }

  readonly source = {
    stock: () => this.#answer({ seq: this.movements.length, items: this.balances() }),
    movements: (after: number, limit: number) => this.#answer(this.movements.slice(after, after + limit)),
  }
}

/** Lets everything go on that waits for nothing but its turn. */
async function turn(): Promise<void> {
  for (let waited = 0; waited < 20; waited += 1) await Promise.resolve()
}

function expectUnbroken(rows: readonly Movement[]): void {
  const first = rows[0]?.seq ?? 0
  if (rows.some(({ seq }, place) => seq !== first + place)) expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, place) => first + place))
}

async function expectAll(ledger: Ledger, truth: Truth): Promise<void> {
  for (let asked = 0; ledger.hasOlder && asked < 200; asked += 1) await ledger.older(97)
  expect(ledger.rows).toEqual(truth.movements)
  expect(ledger.balances.map(({ seq: _, ...item }) => item)).toEqual(truth.balances())
}

describe('a ledger that is followed', () => {
  it('begins near the end, and shows what is older when asked, up to the first', async () => {
    const truth = new Truth()
    truth.write(250)
    const ledger = new Ledger(truth.source)
    await ledger.catchUp()
    expect(ledger.rows.map(({ seq }) => seq)).toEqual(Array.from({ length: FIRST_READ }, (_, place) => 151 + place))
    expect(ledger.hasOlder).toBe(true)
    await ledger.older(25)
    expect(ledger.rows[0]?.seq).toBe(126)
    await expectAll(ledger, truth)
    expect(ledger.hasOlder).toBe(false)
  })

  it('takes the next number, leaves out what it has, and says when something is missing', async () => {
    const truth = new Truth()
    truth.write(2)
    const ledger = new Ledger(truth.source)
    await ledger.catchUp()
    truth.write(3)
    const [first, , third, fourth, fifth] = truth.movements as [Movement, Movement, Movement, Movement, Movement]
    expect(ledger.take(third)).toBe(true)
    expect(ledger.take(third)).toBe(true)
    expect(ledger.take(first)).toBe(true)
    expect(ledger.take(fifth)).toBe(false)
    expect(ledger.rows.at(-1)).toEqual(third)
    // What there is needs no neighbours, and no older message takes it back.
    expect(ledger.balances).toContainEqual({ ingredient: fifth.ingredient, onHand: 5, held: 1, available: 4, seq: 5 })
    ledger.take(truth.movements[1] as Movement)
    expect(ledger.balances.find(({ ingredient }) => ingredient === fifth.ingredient)?.seq).toBe(5)
    // Now it has what was between, but still not the one that it only heard of.
    expect(ledger.take(fourth)).toBe(false)
    expect(await ledger.catchUp()).toBe(true)
    expect(await ledger.catchUp()).toBe(false)
    await expectAll(ledger, truth)
  })

  it('does not lose a message that comes while it begins', async () => {
    const truth = new Truth()
    truth.write(5)
    const ledger = new Ledger(truth.source)
    truth.isHeldBack = true
    const beginning = ledger.catchUp()
    truth.write(1)
    ledger.take(truth.movements[5] as Movement)
    truth.letAllThrough()
    await beginning
    await expectAll(ledger, truth)
  })

  it('begins anew near the end when it is far behind, and can still show everything', async () => {
    const truth = new Truth()
    truth.write(10)
    const ledger = new Ledger(truth.source)
    await ledger.catchUp()
    truth.write(5_000)
    await ledger.catchUp()
    expect(ledger.rows).toHaveLength(FIRST_READ)
    expectUnbroken(ledger.rows)
    await expectAll(ledger, truth)
  })

  it('forgets the oldest of a page that is open for long, and reads them again when asked', async () => {
    const truth = new Truth()
    const ledger = new Ledger(truth.source)
    await ledger.catchUp()
    for (let written = 0; written < 900; written += 1) {
      truth.write()
      ledger.take(truth.movements[written] as Movement)
      ledger.trim()
    }
    expect(ledger.rows).toHaveLength(500)
    expect(ledger.rows.at(-1)?.seq).toBe(900)
    await expectAll(ledger, truth)
  })

  it('shows what was read before a reading failed, and goes on from there', async () => {
    const truth = new Truth()
    const ledger = new Ledger(truth.source)
    await ledger.catchUp()
    truth.write(5)
    truth.failing = 1
    await expect(ledger.catchUp()).rejects.toThrow('busy')
    expect(ledger.rows).toEqual([])
    await ledger.catchUp()
    await expectAll(ledger, truth)
  })

  it('ends with every number once and in order, whatever comes late, twice, never, out of order, or fails', async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = randomOf(seed * 7_919)
      const truth = new Truth()
      truth.write(random(260))
      const ledger = new Ledger(truth.source, () => {
        expectUnbroken(ledger.rows)
      })
      const late: Movement[] = []
      const underWay: Promise<unknown>[] = []
      const readAgain = () => underWay.push(ledger.catchUp().catch(() => undefined))
      for (let step = 0; step < 60; step += 1) {
        switch (random(9)) {
          case 0:
          case 1: {
            const before = truth.movements.length
            truth.write(random(20) === 0 ? 700 : 1 + random(4))
            for (const movement of truth.movements.slice(before)) if (random(4) > 0) late.push(movement)
            break
          }
          case 2:
          case 3:
          case 4: {
            const message = late[random(Math.max(1, late.length))]
            if (message === undefined) break
            if (random(3) > 0) late.splice(late.indexOf(message), 1)
            if (!ledger.take(message)) readAgain()
            break
          }
          case 5:
            readAgain()
            break
          case 6:
            underWay.push(ledger.older(1 + random(60)).catch(() => undefined))
            break
          case 7:
            truth.isHeldBack = random(2) === 0
            truth.failing = random(3)
            break
          default:
            truth.letOneThrough(random(5))
            await turn()
        }
        expectUnbroken(ledger.rows)
      }
      truth.failing = 0
      for (let round = 0; round < 20; round += 1) {
        truth.letAllThrough()
        await turn()
      }
      await Promise.all(underWay)
      await ledger.catchUp()
      await expectAll(ledger, truth)
    }
  })
})

describe('a message about a movement', () => {
  const body = { place: 'kitchen', seq: 3, ingredient: 'queso', kind: 'held', quantity: 5, cause: 'ord_x', at: '2026-11-21T12:00:00Z', onHand: 9, held: 5 }

  it('is one of the place that is followed', () => {
    expect(movementOf('kitchen', body)?.seq).toBe(3)
    expect(movementOf('warehouse', body)).toBeUndefined()
  })

  it('is none when something of it is missing or is something else', () => {
    for (const field of Object.keys(body)) {
      expect(movementOf('kitchen', { ...body, [field]: undefined })).toBeUndefined()
      expect(movementOf('kitchen', { ...body, [field]: {} })).toBeUndefined()
    }
    for (const seq of [0, -1, 1.5, Number.NaN]) expect(movementOf('kitchen', { ...body, seq })).toBeUndefined()
  })
})
