import { effectScope, nextTick, reactive } from 'vue'
import { describe, expect, it } from 'vitest'
import { runOf } from '../run/fixtures/load'
import type { Fate, Item, MapRun } from '../types'
import { NOTHING_WITHIN, rowsOf, treeOf, type TimelineRow, type Tree } from './tree'
import { useChildren, type Children, type ChildrenSource } from './use-children'

const { run, chart } = runOf('aws/map-distributed')

/** A map run of so many items, each a second after the one before; every hundredth failed. They are listed newest first. */
class MapRunOf {
  readonly asked: string[] = []
  facts: MapRun
  refusal: Error | null = null

  constructor(readonly count: number) {
    const failed = Math.ceil(count / 100)
    this.facts = { arn: '', isRunning: false, total: count, pending: 0, running: 0, succeeded: count - failed, failed, timedOut: 0, aborted: 0 }
  }

  readonly items = {
    mapRun: async (arn: string): Promise<MapRun> => ({ ...this.facts, arn }),
    items: async (_mapRun: string, isBadOnly: boolean, cursor: string | undefined) => {
      if (this.refusal !== null) throw this.refusal
      this.asked.push(`${isBadOnly ? 'bad' : 'all'} ${cursor ?? 'first'}`)
      const all = Array.from({ length: this.count }, (_, n) => this.count - 1 - n).filter((n) => !isBadOnly || n % 100 === 0)
      const from = Number(cursor ?? 0)
      const items = all.slice(from, from + 100).map((n): Item => {
        const fate: Fate = n % 100 === 0 ? 'failed' : 'succeeded'
        return { arn: `arn:item:${n}`, name: `item-${n}`, fate, startedMs: run.startedMs + n, endedMs: run.startedMs + n + 1, error: fate === 'failed' ? 'Declined' : null, failedState: null }
      })
      return { items, next: from + 100 < all.length ? String(from + 100) : undefined }
    },
  }
}

function scene(of: MapRunOf) {
  const source = reactive<{ -readonly [Name in keyof ChildrenSource]: ChildrenSource[Name] }>({
    nowMs: 0,
    items: of.items,
    loadChild: async () => runOf('own/child'),
  })
  const turned = new Map<string, boolean>()
  let tree: Tree = treeOf(run, chart, NOTHING_WITHIN)
  const rows = (): TimelineRow[] => rowsOf((tree = treeOf(run, chart, within.known)), turned)
  const within = effectScope(true).run(() => useChildren(source, rows)) as Children
  const named = (name: RegExp) => rows().find(({ node }) => name.test(node.name))?.node
  async function open(name: RegExp): Promise<void> {
    const node = named(name)
    if (node === undefined) throw new Error(`${name} has no row`)
    turned.set(node.key, true)
    await within.open(node)
  }
  async function press(name: RegExp): Promise<void> {
    const node = named(name)
    if (node === undefined) throw new Error(`${name} has no row`)
    await within.ask(node)
  }
  return { source, rows, open, press, names: () => rows().map(({ node }) => node.name), map: new RegExp(`^${tree.roots.find(({ mapRunArn }) => mapRunArn !== null)?.name ?? '?'}$`) }
}

describe('the items of a distributed map', () => {
  it('are closed, and not asked for, until somebody opens them', () => {
    const of = new MapRunOf(10)
    const { rows } = scene(of)
    expect(rows().find(({ node }) => node.mapRunArn !== null)?.isOpen).toBe(false)
    expect(of.asked).toEqual([])
  })

  it('come by the hundred, by when they started, and the rest on demand', async () => {
    const of = new MapRunOf(250)
    const { open, press, rows, names, map } = scene(of)
    await open(map)
    const items = () => rows().filter(({ node }) => node.kind === 'item')
    expect(items()).toHaveLength(100)
    expect(items()[0]?.node.name).toBe('item-150')
    expect(items().every(({ depth, isOpen }) => depth === 1 && isOpen === false)).toBe(true)
    expect(names()).toContain('Show more: 100 of 250 are here')
    await press(/^Show more/)
    await press(/^Show more/)
    expect(items().map(({ node }) => node.name)).toEqual(Array.from({ length: 250 }, (_, n) => `item-${n}`))
    expect(names().some((name) => name.startsWith('Show more'))).toBe(false)
    expect(of.asked).toEqual(['all first', 'all 100', 'all 200'])
  })

  it('are only those that ended badly, on demand, and all of them again', async () => {
    const { open, press, names, map } = scene(new MapRunOf(10_000))
    await open(map)
    await press(/^Show only the 100 that ended badly/)
    expect(names().filter((name) => name.startsWith('item-'))).toEqual(Array.from({ length: 100 }, (_, n) => `item-${n * 100}`))
    await press(/^Show all/)
    expect(names()).toContain('item-9999')
  })

  it('have their own history within, however deep', async () => {
    const { open, rows, map } = scene(new MapRunOf(3))
    await open(map)
    await open(/^item-1$/)
    const within = rows().filter(({ node }) => node.inArn === 'arn:item:1' && node.kind === 'visit')
    expect(within.length).toBeGreaterThan(0)
    const child = within.find(({ node }) => node.childArn !== null)
    expect(child?.isOpen).toBe(false)
    await open(new RegExp(`^${child?.node.name ?? '?'}$`))
    expect(rows().some(({ depth }) => depth > 2)).toBe(true)
  })

  it('are read again while the map run goes on, and not after', async () => {
    const of = new MapRunOf(5)
    of.facts = { ...of.facts, isRunning: true }
    const { open, source, map } = scene(of)
    await open(map)
    const look = async (atMs: number) => {
      source.nowMs = atMs
      for (let turn = 0; turn < 10; turn += 1) await nextTick()
    }
    await look(1_000)
    expect(of.asked).toHaveLength(1)
    await look(5_000)
    expect(of.asked).toHaveLength(2)
    of.facts = { ...of.facts, isRunning: false }
    await look(10_000)
    await look(20_000)
    await look(30_000)
    expect(of.asked).toHaveLength(3)
  })

  it('that could not be read say why, and are read when they are opened again', async () => {
    const of = new MapRunOf(5)
    of.refusal = new Error('no')
    const { open, names, map } = scene(of)
    await open(map)
    expect(names().some((name) => name.startsWith('Its items could not be read.'))).toBe(true)
    of.refusal = null
    await open(map)
    expect(names()).toContain('item-4')
  })
})
