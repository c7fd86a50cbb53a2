import { beforeEach, describe, expect, it, vi } from 'vitest'
import { useBuying, type Line } from './use-buying'

const { post, push } = vi.hoisted(() => ({ post: vi.fn(), push: vi.fn() }))
vi.mock('vue-router', () => ({ useRouter: () => ({ push }) }))
vi.mock('../api/client', () => ({ api: { POST: post }, ask: (call: unknown) => call }))
vi.mock('../session/session', () => ({ currentUser: () => Promise.resolve({ id: 'usr_1' }), another: () => Promise.resolve() }))

const kept = new Map<string, string>()
vi.stubGlobal('sessionStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
})

const GONE = new TypeError('Importing a module script failed.')
const dishes = (quantity: number): Line[] => [{ dishId: 'dsh_1', quantity }]

beforeEach(() => {
  post.mockReset().mockResolvedValueOnce({ id: 'ord_1' }).mockResolvedValueOnce({ id: 'ord_2' })
  push.mockReset().mockResolvedValue(undefined)
})

describe('ordering', () => {
  it('leads to the same order again when its checkout did not load, and says so', async () => {
    const { buy, problem, isBuying } = useBuying()
    push.mockRejectedValueOnce(GONE)
    await buy(dishes(2), '/menu')
    expect([problem.value?.code, problem.value?.orderId, isBuying.value]).toEqual(['PageNotLoaded', 'ord_1', false])
    await buy(dishes(2), '/menu')
    expect(problem.value).toBeNull()
    expect(push.mock.calls).toEqual([['/checkout/ord_1'], ['/checkout/ord_1']])
    expect(post).toHaveBeenCalledTimes(1)
  })

  it('is the same thing under the version that its own hold made', async () => {
    const { buy } = useBuying()
    push.mockRejectedValueOnce(GONE)
    await buy([{ ticketId: 'tkt_1', version: 1 }], '/tickets/tkt_1')
    await buy([{ ticketId: 'tkt_1', version: 2 }], '/tickets/tkt_1')
    expect(post).toHaveBeenCalledTimes(1)
  })

  it('is another order when something else is wanted', async () => {
    const { buy, problem, forget } = useBuying()
    push.mockRejectedValueOnce(GONE)
    await buy(dishes(2), '/menu')
    forget()
    expect(problem.value).toBeNull()
    await buy(dishes(3), '/menu')
    expect(push.mock.calls.at(-1)).toEqual(['/checkout/ord_2'])
  })
})
