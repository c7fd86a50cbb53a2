import { effectScope } from 'vue'
import { describe, expect, it } from 'vitest'
import { Problem } from './problem'
import { usePages, type Page, type Pages } from './use-pages'

interface Thing {
  readonly id: string
}

/** A shop with so many things, read two at a time; the cursor is the place. */
class Shelf {
  things: string[] = []
  fails = false
  readings: (string | undefined)[] = []
  readonly waiting: (() => void)[] = []
  isSlow = false

  readonly read = async (cursor: string | undefined, signal: AbortSignal): Promise<Page<Thing>> => {
    this.readings.push(cursor)
    if (this.isSlow) await new Promise<void>((wake) => this.waiting.push(wake))
    signal.throwIfAborted()
    if (this.fails) throw new Problem('Busy', 'Busy.', 'Transient', 503, 'unknown', true)
    const from = Number(cursor ?? 0)
    const items = this.things.slice(from, from + 2).map((id) => ({ id }))
    return { items, next: from + 2 < this.things.length ? String(from + 2) : undefined }
  }
}

function pagesOf(shelf: Shelf): Pages<Thing> {
  const pages = effectScope().run(() => usePages<Thing>(shelf.read))
  if (pages === undefined) throw new Error('no scope')
  return pages
}

const settled = () => new Promise((wake) => setTimeout(wake))
const ids = (pages: Pages<Thing>) => pages.items.value?.map(({ id }) => id)

describe('a list that is read page by page', () => {
  it('loads, is there, and grows when asked', async () => {
    const shelf = new Shelf()
    shelf.things = ['a', 'b', 'c']
    const pages = pagesOf(shelf)
    expect(pages.isLoading.value).toBe(true)
    await settled()
    expect([ids(pages), pages.hasMore.value, pages.isLoading.value]).toEqual([['a', 'b'], true, false])
    await pages.extend()
    expect([ids(pages), pages.hasMore.value]).toEqual([['a', 'b', 'c'], false])
  })

  it('reads again what is shown and no more', async () => {
    const shelf = new Shelf()
    shelf.things = ['a', 'b', 'c', 'd', 'e', 'f']
    const pages = pagesOf(shelf)
    await settled()
    await pages.extend()
    shelf.things = ['x', 'a', 'b', 'c', 'd', 'e', 'f']
    shelf.readings = []
    await pages.reload()
    expect(ids(pages)).toEqual(['x', 'a', 'b', 'c'])
    expect(shelf.readings).toEqual([undefined, '2'])
  })

  it('shows each thing once, also when it moved between two readings', async () => {
    const shelf = new Shelf()
    shelf.things = ['a', 'b', 'c']
    const pages = pagesOf(shelf)
    await settled()
    shelf.things = ['x', 'a', 'b', 'c']
    await pages.extend()
    expect(ids(pages)).toEqual(['a', 'b', 'c'])
  })

  it('keeps what is shown when a later reading fails, and says so to whoever catches up', async () => {
    const shelf = new Shelf()
    shelf.things = ['a']
    const pages = pagesOf(shelf)
    await settled()
    shelf.fails = true
    await expect(pages.catchUp()).rejects.toMatchObject({ code: 'Transient' })
    expect(ids(pages)).toEqual(['a'])
    shelf.fails = false
    await pages.catchUp()
    expect(pages.problem.value).toBeNull()
  })

  it('does not show the things of one search as those of another that failed', async () => {
    const shelf = new Shelf()
    shelf.things = ['a']
    const pages = pagesOf(shelf)
    await settled()
    shelf.fails = true
    await pages.restart()
    expect(ids(pages)).toBeUndefined()
    expect(pages.problem.value?.code).toBe('Transient')
  })

  it('catching up does not take away the page that somebody has asked for', async () => {
    const shelf = new Shelf()
    shelf.things = ['a', 'b', 'c']
    const pages = pagesOf(shelf)
    await settled()
    shelf.isSlow = true
    const extended = pages.extend()
    const caughtUp = pages.catchUp()
    shelf.isSlow = false
    shelf.waiting.forEach((wake) => {
      wake()
    })
    await Promise.all([extended, caughtUp])
    expect(ids(pages)).toEqual(['a', 'b', 'c'])
  })

  it('of two searches shows the later, whichever is answered first', async () => {
    const shelf = new Shelf()
    shelf.things = ['a']
    const pages = pagesOf(shelf)
    await settled()
    shelf.isSlow = true
    const first = pages.restart()
    shelf.things = ['b']
    const second = pages.restart()
    expect(pages.isRestarting.value).toBe(true)
    shelf.waiting.reverse().forEach((wake) => {
      wake()
    })
    await Promise.all([first, second])
    expect(ids(pages)).toEqual(['b'])
    expect(pages.isRestarting.value).toBe(false)
  })

  it('shows what is new under a flood of news, and what came after the last of them', async () => {
    const shelf = new Shelf()
    const pages = pagesOf(shelf)
    await settled()
    shelf.isSlow = true
    shelf.readings = []
    shelf.things = ['a']
    const first = pages.reload()
    await settled()
    for (let heard = 0; heard < 50; heard += 1) void pages.reload()
    shelf.waiting.shift()?.()
    await settled()
    expect(ids(pages)).toEqual(['a'])
    shelf.things = ['b', 'a']
    shelf.waiting.shift()?.()
    await first
    expect(ids(pages)).toEqual(['b', 'a'])
    expect(shelf.readings).toHaveLength(2)
  })

  it('reads again what a longer list has kept from being read', async () => {
    const shelf = new Shelf()
    shelf.things = ['a', 'b', 'c']
    const pages = pagesOf(shelf)
    await settled()
    shelf.isSlow = true
    const caughtUp = pages.catchUp()
    await settled()
    const extended = pages.extend()
    shelf.isSlow = false
    shelf.things = ['a', 'x', 'c']
    shelf.waiting.forEach((wake) => {
      wake()
    })
    await Promise.all([caughtUp, extended])
    expect(ids(pages)).toEqual(['a', 'x', 'c'])
  })
})
