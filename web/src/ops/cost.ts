/**
 * What one execution of ours cost in money. Counts come from its history, prices and the units of whole orders from
 * docs/costs.md, to which a test holds them.
 */
import { costOf } from '../viewer/run/cost'
import type { Run } from '../viewer/types'
import type { Machine } from './machines'
import { kindOf, type Effects } from './told'
import { sentBy } from './wrote'

/** us-east-1, on demand, first tier, without free tier; dollars per million. */
export const PRICES = { transitions: 25, expressRequests: 1, lambdaRequests: 0.2, writeUnits: 0.625, readUnits: 0.125, sqsRequests: 0.4 } as const
export const PRICES_OF = 'November 2026'
/** One message is sent, received and deleted. */
const SQS_REQUESTS_EACH = 3

/** Read and write units of whole orders, as they are counted for one ticket, one dish or one product. */
export const UNITS = {
  paid: { write: 33, read: 11 },
  expired: { write: 25, read: 6 },
  dish: { write: 37, read: 12 },
  'dish, two short': { write: 71, read: 27 },
  product: { write: 49, read: 13 },
} as const
export type Path = keyof typeof UNITS

export interface Item {
  readonly what: string
  readonly count: number
  /** Dollars for this one execution. */
  readonly dollars: number
}

export interface Bill {
  readonly items: readonly Item[]
  readonly dollars: number
  /** The counted path that this order went. */
  readonly path: Path | null
  /** Whether there was more than is counted. */
  readonly isAtLeast: boolean
}

export function billOf(machine: Machine, run: Run, effects: Effects | undefined): Bill {
  const cost = costOf(run)
  const messages = sentBy(run).filter(({ kind }) => kind === 'message').length
  const items: Item[] = [
    machine === 'hold-order' ? item('Express request', 1, PRICES.expressRequests) : item('Standard transitions', cost.transitions, PRICES.transitions),
    item('Lambda requests', cost.lambdaInvocations, PRICES.lambdaRequests),
    item('SQS requests', messages * SQS_REQUESTS_EACH, PRICES.sqsRequests),
  ]
  const path = pathOf(machine, run, effects)
  if (path !== null) {
    items.push(item('DynamoDB write units, about', UNITS[path].write, PRICES.writeUnits))
    items.push(item('DynamoDB read units, about', UNITS[path].read, PRICES.readUnits))
  }
  const shown = items.filter(({ count }) => count > 0)
  return { items: shown, dollars: shown.reduce((sum, { dollars }) => sum + dollars, 0), path, isAtLeast: cost.isAtLeast || run.endedMs === null }
}

function item(what: string, count: number, perMillion: number): Item {
  return { what, count, dollars: (count * perMillion) / 1_000_000 }
}

/**
 * The counted path that an order went: one line, no retry, no redrive, no second attempt, and the very states. Units are
 * counted for whole orders and not for states, so anything else has none.
 */
export function pathOf(machine: Machine, run: Run, effects: Effects | undefined): Path | null {
  if (machine !== 'order' || run.status !== 'SUCCEEDED') return null
  if (effects === undefined || effects.order.lines.length !== 1 || effects.payments.length > 1 || effects.order.refundedMinor > 0) return null
  const cost = costOf(run)
  if (cost.retries > 0 || cost.redrives > 0 || cost.isAtLeast) return null
  // What a path was counted with: the warehouse had it all, and the product lay in one shard.
  const wrote = (state: string): number => effects.effects.filter((effect) => effect.state === state && effect.kind !== 'order').length
  if (wrote('BuyFromMarket') > 0 || wrote('ReserveProducts') > 1) return null
  const went = run.visits.map(({ place }) => place).join(' ')
  const kind = kindOf({ run, effects })
  if (kind === 'ticket' && went === '/IsAnythingShort /AwaitPayment /ChargePayment /WhatIsSold /CompleteOrder') return 'paid'
  if (kind === 'ticket' && went === '/IsAnythingShort /AwaitPayment /ExpireOrder') return effects.payments.length === 0 ? 'expired' : null
  if (kind === 'dish' && went === '/IsAnythingShort /AwaitPayment /ChargePayment /WhatIsSold /ServeDish') return 'dish'
  const short = '/GatherIngredients#0/AwaitIngredient'
  if (kind === 'dish' && went === `/IsAnythingShort /GatherIngredients ${short} ${short} /AwaitPayment /ChargePayment /WhatIsSold /ServeDish`) return 'dish, two short'
  if (kind === 'product' && went === '/IsAnythingShort /AwaitPayment /ChargePayment /WhatIsSold /DeliverProduct') return 'product'
  return null
}

/** `$0.000159`; four figures that count. */
export function dollars(amount: number): string {
  if (amount === 0) return '$0'
  return `$${amount.toFixed(Math.min(10, Math.max(2, 2 - Math.floor(Math.log10(amount)))))}`
}

/** Why the units are about right, or why there are none. */
export function unitsWords({ path }: Bill, machine: Machine): string {
  if (path === null) {
    const why = machine === 'order' ? 'and this one is not over, or went another way' : 'and this execution is a part of one'
    return `DynamoDB’s units are left out: they are recorded for no execution, and counted for whole orders that go straight (docs/costs.md), ${why}.`
  }
  return `Units are those of a whole order like this one (“${path}” in docs/costs.md), with what the API, hold-order and other machines read and wrote for it: about, because titles of other lengths and fuller shelves take more.`
}
