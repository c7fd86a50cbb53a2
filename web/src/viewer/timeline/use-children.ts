/**
 * Executions that are shown within the one that started them: read when somebody opens them, and again while they run and are
 * open. A map run's executions come by the hundred.
 */
import { onScopeDispose, shallowReactive, watch } from 'vue'
import { asProblem } from '../../api/problem'
import type { Child, Item, ItemSource } from '../types'
import type { Asks, KnownChild, KnownItems, TimelineNode, TimelineRow, Within } from './tree'

/** How long what was read is good for while it changes. */
const FRESH_MS = 4_000
/** So many pages of items are read again while they change; what lies further down is as it was. */
const PAGES_AGAIN_MAX = 5

export interface ChildrenSource {
  readonly loadChild?: ((arn: string) => Promise<Child>) | undefined
  readonly items?: ItemSource | undefined
  /** The server's time. */
  readonly nowMs: number
}

export interface Children {
  readonly known: Within
  /** Reads what is within a row, if it is not here or not fresh. */
  readonly open: (node: TimelineNode) => Promise<void>
  /** Does what a row that asks says. */
  readonly ask: (node: TimelineNode) => Promise<void>
}

/** @param rows what is shown: what is open in it is kept up to date */
export function useChildren(source: ChildrenSource, rows: () => readonly TimelineRow[]): Children {
  const children = shallowReactive(new Map<string, KnownChild>())
  const items = shallowReactive(new Map<string, KnownItems>())
  /** Where the list of a map run goes on, and how many pages of it are here. */
  const places = new Map<string, { next: string | undefined; pages: number }>()
  const readMs = new Map<string, number>()
  const reading = new Set<string>()
  let isLeft = false
  onScopeDispose(() => {
    isLeft = true
  })

  function isFresh(arn: string): boolean {
    return source.nowMs - (readMs.get(arn) ?? -Infinity) < FRESH_MS
  }

  /** One at a time of each; what is read after the page was left is nobody's. */
  async function once(arn: string, read: () => Promise<void>, failed: (sentence: string) => void): Promise<void> {
    if (reading.has(arn)) return
    reading.add(arn)
    try {
      await read()
    } catch (thrown) {
      if (!isLeft) failed(asProblem(thrown).detail)
    } finally {
      readMs.set(arn, source.nowMs)
      reading.delete(arn)
    }
  }

  async function readChild(arn: string): Promise<void> {
    const { loadChild } = source
    const known = children.get(arn)
    if (loadChild === undefined) return
    if (known?.kind === 'here' && (known.child.run.status !== 'RUNNING' || isFresh(arn))) return
    if (known?.kind !== 'here') children.set(arn, { kind: 'loading' })
    await once(
      arn,
      async () => void children.set(arn, { kind: 'here', child: await loadChild(arn) }),
      (sentence) => {
        // What was read before is still true, if old.
        if (known?.kind !== 'here') children.set(arn, { kind: 'failed', problem: `The execution it started could not be read. ${sentence}` })
      },
    )
  }

  /** @param what `more`: goes on with the list. `again`: what is here already, anew. Otherwise: a list from its beginning. */
  async function readItems(arn: string, what: 'more' | 'again' | 'bad' | 'all'): Promise<void> {
    const from = source.items
    if (from === undefined || reading.has(arn)) return
    const before = items.get(arn)
    const isBadOnly = what === 'bad' || (what !== 'all' && before?.isBadOnly === true)
    const isAnew = before === undefined || before.isBadOnly !== isBadOnly
    const place = places.get(arn)
    const now: KnownItems = { items: isAnew ? [] : before.items, hasMore: false, isReading: true, isBadOnly, problem: null, facts: before?.facts ?? null }
    if (what !== 'again') items.set(arn, now)
    await once(
      arn,
      async () => {
        const facts = await from.mapRun(arn)
        const found = new Map<string, Item>(what === 'more' ? now.items.map((item) => [item.arn, item]) : [])
        let next = what === 'more' ? place?.next : undefined
        let pages = what === 'more' ? (place?.pages ?? 0) : 0
        const until = what === 'more' ? pages + 1 : what === 'again' ? Math.min(place?.pages ?? 1, PAGES_AGAIN_MAX) : 1
        do {
          const page = await from.items(arn, isBadOnly, next)
          for (const item of page.items) found.set(item.arn, item)
          next = page.next
          pages += 1
        } while (next !== undefined && pages < until)
        // What was not read again is as it was.
        if (what === 'again' && next !== undefined) for (const item of now.items) if (!found.has(item.arn)) found.set(item.arn, item)
        const isAll = what !== 'again' || place === undefined || pages >= place.pages
        if (isAll) places.set(arn, { next, pages })
        const ordered = [...found.values()].sort((one, other) => one.startedMs - other.startedMs || (one.name < other.name ? -1 : 1))
        items.set(arn, { items: ordered, hasMore: (isAll ? next : place.next) !== undefined, isReading: false, isBadOnly, problem: null, facts })
      },
      (sentence) => {
        items.set(arn, { ...now, isReading: false, hasMore: place?.next !== undefined, problem: `Its items could not be read. ${sentence}` })
      },
    )
  }

  async function open({ childArn, mapRunArn, kind }: TimelineNode): Promise<void> {
    const isMap = mapRunArn !== null && kind === 'visit'
    if (childArn !== null) await readChild(childArn)
    if (!isMap) return
    const known = items.get(mapRunArn)
    if (known === undefined || known.problem !== null) await readItems(mapRunArn, 'all')
    else if (!isFresh(mapRunArn) && mayChange(known)) await readItems(mapRunArn, 'again')
  }

  async function ask({ asks, mapRunArn }: { asks: Asks | null; mapRunArn: string | null }): Promise<void> {
    if (asks !== null && mapRunArn !== null) await readItems(mapRunArn, asks)
  }

  watch(
    () => source.nowMs,
    () => {
      for (const { node, isOpen } of rows()) {
        if (isOpen !== true) continue
        const { childArn, mapRunArn, kind } = node
        if (childArn !== null && children.get(childArn)?.kind === 'here') void readChild(childArn)
        const known = mapRunArn === null || kind !== 'visit' ? undefined : items.get(mapRunArn)
        if (mapRunArn !== null && known !== undefined && known.problem === null && mayChange(known) && !isFresh(mapRunArn)) void readItems(mapRunArn, 'again')
      }
    },
  )
  return { known: { children, items }, open, ask }
}

/** Whether a list may be another one by now: its map run goes on, or was redriven. */
function mayChange({ facts, items }: KnownItems): boolean {
  return facts?.isRunning !== false || items.some(({ endedMs }) => endedMs === null)
}
