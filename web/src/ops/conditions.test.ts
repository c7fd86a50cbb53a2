import { expect, it, vi } from 'vitest'
import { turnCondition } from './conditions'

const shop = vi.hoisted(() => ({ now: { declinesCards: false, marketIsScarce: false, notes: [] as string[] } }))
vi.mock('../api/client', () => ({
  ask: async (call: unknown) => call,
  api: {
    GET: () => shop.now,
    PUT: (_path: string, { body }: { body: { declinesCards: boolean; marketIsScarce: boolean } }) => (shop.now = { ...body, notes: [] }),
  },
}))

it('a switch leaves alone what somebody else has switched meanwhile', async () => {
  shop.now = { declinesCards: false, marketIsScarce: true, notes: [] }
  expect(await turnCondition({ condition: 'declinesCards', isOn: true })).toMatchObject({ declinesCards: true, marketIsScarce: true })
  expect(await turnCondition({ condition: 'marketIsScarce', isOn: false })).toMatchObject({ declinesCards: true, marketIsScarce: false })
})
