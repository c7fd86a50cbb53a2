import { expect, it, vi } from 'vitest'
import { useShop } from './shop'

const get = vi.hoisted(() => vi.fn())
vi.mock('./client', () => ({ api: { GET: get }, ask: (call: unknown) => call }))

it('the shop’s currency is not guessed before the shop has told it', async () => {
  vi.useFakeTimers()
  get.mockRejectedValueOnce(new Error('no answer')).mockResolvedValueOnce({ currency: 'jpy', holdTtlS: 900, stripePublishableKey: null })
  const { currency, isKnown } = useShop()
  await vi.advanceTimersByTimeAsync(1_000)
  expect([currency.value, isKnown.value]).toEqual([undefined, false])
  await vi.advanceTimersByTimeAsync(3_000)
  expect([currency.value, isKnown.value]).toEqual(['jpy', true])
  vi.useRealTimers()
})
