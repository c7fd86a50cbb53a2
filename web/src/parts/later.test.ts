import { createRenderer, h, nextTick, type Component } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { later } from './later'

vi.mock('./ProblemNote.vue', () => ({
  default: { props: ['problem', 'retry'], emits: ['retry'], render: (note: { retry: string; $emit: (name: string) => void }) => h('note', { press: () => { note.$emit('retry') } }, note.retry) },
}))

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** What stands in a document, without one. */
interface Element {
  readonly tag: string
  text: string
  readonly props: Record<string, unknown>
  readonly children: Element[]
}
const element = (tag: string, text = ''): Element => ({ tag, text, props: {}, children: [] })

function show(part: Component, props: Record<string, unknown>): Element {
  const root = element('root')
  const { render } = createRenderer<Element, Element>({
    createElement: (tag) => element(tag),
    createText: (text) => element('', text),
    createComment: () => element('!'),
    setText: (node, text) => { node.text = text },
    setElementText: (node, text) => { node.text = text },
    patchProp: (node, key, _before, after) => { node.props[key] = after },
    insert: (node, parent) => { parent.children.push(node) },
    remove: (node) => { root.children.splice(root.children.indexOf(node), 1) },
    parentNode: () => root,
    nextSibling: () => null,
  })
  render(h(part, props), root)
  return root
}

it('a part that does not come says so, and comes when somebody loads it again', async () => {
  const load = vi.fn<() => Promise<{ default: Component }>>().mockRejectedValue(new TypeError('Importing a module script failed.'))
  const page = show(later(load), { action: 'Pay $20.00' })
  const tags = () => page.children.map(({ tag }) => tag).filter((tag) => tag !== '!')
  expect(tags()).toEqual([])
  await vi.advanceTimersByTimeAsync(60_000)
  await nextTick()
  expect(load).toHaveBeenCalledTimes(6)
  const note = page.children.find(({ tag }) => tag === 'note')
  expect(note?.text).toBe('Load it again')

  load.mockResolvedValue({ default: { props: ['action'], render: (form: { action: string }) => h('form', form.action) } })
  ;(note?.props['press'] as () => void)()
  await vi.advanceTimersByTimeAsync(0)
  await nextTick()
  expect(tags()).toEqual(['form'])
  expect(page.children.find(({ tag }) => tag === 'form')?.text).toBe('Pay $20.00')
})
