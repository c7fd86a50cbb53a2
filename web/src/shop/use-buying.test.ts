import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '../api/problem'

const push = vi.fn<(to: unknown) => Promise<void>>()
vi.mock('vue-router', () => ({ useRouter: () => ({ push }) }))
vi.mock('../session/session', () => ({
  currentUser: () => Promise.resolve({ id: 'usr_1' }),
  another: () => Promise.resolve(null),
}))
const post = vi.fn<() => Promise<unknown>>()
vi.mock('../api/client', () => ({ api: { POST: () => undefined }, ask: () => post() }))

const { useBuying } = await import('./use-buying')
const SEAT = [{ ticketId: 'tkt_1', quantity: 1 }]

let placed = 0

beforeEach(() => {
  placed = 0
  post.mockImplementation(() => {
    placed += 1
    return Promise.resolve({ id: `ord_${placed}` })
  })
  push.mockReset()
})

afterEach(() => {
  vi.clearAllMocks()
})

describe('buying', () => {
  it('orders and goes on to the checkout', async () => {
    push.mockResolvedValue()
    const { buy, problem } = useBuying()
    await buy(SEAT, '/tickets/tkt_1')
    expect(push).toHaveBeenCalledWith('/checkout/ord_1')
    expect(problem.value).toBeNull()
  })

  it('says where the order is when its checkout cannot be loaded, and a second click is no second order', async () => {
    push.mockRejectedValueOnce(new TypeError('Importing a module script failed.')).mockResolvedValue()
    const { buy, problem, isBuying } = useBuying()
    await buy(SEAT, '/tickets/tkt_1')
    expect(problem.value).toMatchObject({ code: 'CheckoutLost', orderId: 'ord_1' })
    expect(isBuying.value).toBe(false)
    await buy(SEAT, '/tickets/tkt_1')
    expect(placed).toBe(1)
    expect(push.mock.calls).toEqual([['/checkout/ord_1'], ['/checkout/ord_1']])
    expect(problem.value).toBeNull()
  })

  it('orders other things anew', async () => {
    push.mockRejectedValueOnce(new TypeError('Importing a module script failed.')).mockResolvedValue()
    const { buy } = useBuying()
    await buy(SEAT, '/tickets/tkt_1')
    await buy([{ ticketId: 'tkt_2', quantity: 1 }], '/tickets/tkt_2')
    expect(push).toHaveBeenLastCalledWith('/checkout/ord_2')
  })

  it('tells of the newest thing that went wrong', async () => {
    push.mockRejectedValueOnce(new TypeError('Importing a module script failed.'))
    const { buy, problem } = useBuying()
    await buy(SEAT, '/tickets/tkt_1')
    const sold = new Problem('Sold', 'It is sold.', 'TicketSold', 409, 'refused', false)
    post.mockRejectedValueOnce(sold)
    await buy([{ ticketId: 'tkt_2', quantity: 1 }], '/tickets/tkt_2')
    expect(problem.value).toBe(sold)
  })
})
