import { expect, it } from 'vitest'
import { MEMBERS, NOTHING_OPENED, prettyOf, rowsOf, valueOf, type JsonRow } from './rows'

const shown = (rows: readonly JsonRow[]) => rows.map((row) => (row.kind === 'more' ? `… ${row.left}` : `${row.name ?? ''}:${row.shown}${row.isOpen === true ? ' open' : ''}`))

it('is open as far as there is room, level by level', () => {
  const wide = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`m${index}`, index]))
  expect(shown(rowsOf({ order: { id: 'o-1' }, wide }, NOTHING_OPENED))).toEqual([':{ order, wide } open', 'order:{ id } open', 'id:o-1', 'wide:{ m0, m1, m2, m3, … }'])
})

it('opens and closes what somebody wants', () => {
  expect(shown(rowsOf({ order: { id: 'o-1' } }, { ...NOTHING_OPENED, open: new Map([['/0', false]]) }))).toEqual([':{ order } open', 'order:{ id }'])
})

it('shows a hundred of many members, and more on asking', () => {
  const list = Array.from({ length: 250 }, (_, index) => index)
  expect(shown(rowsOf(list, NOTHING_OPENED)).at(-1)).toBe('… 150')
  const more = rowsOf(list, { ...NOTHING_OPENED, shown: new Map([['', 2 * MEMBERS]]) })
  expect(more).toHaveLength(202)
  expect(shown(more).at(-1)).toBe('… 50')
})

it('cuts long text, and shows it whole on asking', () => {
  const [row] = rowsOf('x'.repeat(1_000), NOTHING_OPENED)
  expect(row?.kind === 'value' && row.isCut && row.shown.length < 400).toBe(true)
  const [whole] = rowsOf('x'.repeat(1_000), { ...NOTHING_OPENED, whole: new Set(['']) })
  expect(whole?.kind === 'value' && !whole.isCut && whole.shown.length).toBe(1_000)
})

it('looks into text that is JSON itself', () => {
  const rows = rowsOf({ input: '{"order":"o-1"}' }, NOTHING_OPENED)
  expect(shown(rows)).toEqual([':{ input } open', 'input:{ order } open', 'order:o-1'])
  expect(rows[1]?.kind === 'value' && rows[1].isQuoted).toBe(true)
})

it('tells empty things, and text that only looks like JSON', () => {
  expect(shown(rowsOf({ a: {}, b: [], c: '', d: null, e: '{half' }, NOTHING_OPENED)).slice(1)).toEqual(['a:{ }', 'b:[ ]', 'c:', 'd:null', 'e:{half'])
})

it('survives JSON that is thousands of levels deep', () => {
  expect(rowsOf(valueOf('['.repeat(5_000) + ']'.repeat(5_000)), NOTHING_OPENED).length).toBeLessThan(60)
})

it('takes what is not JSON as the text that it is', () => {
  expect(valueOf('cut in the mid')).toBe('cut in the mid')
  expect(prettyOf('as it is')).toBe('as it is')
  expect(prettyOf({ a: 1 })).toBe('{\n  "a": 1\n}')
})
