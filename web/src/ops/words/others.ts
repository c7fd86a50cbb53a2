/** The machines of warehouse, delivery, refunds and imports in sentences. */
import { memberOf } from '../../viewer/chart/json'
import { money } from '../../words/money'
import { endsIn, inJson, isUnknown, type Told } from '../told'
import type { MachineWords } from './types'

/** The ingredient is known by what the state before answered. */
function ingredient({ run, visit }: Told): string {
  const texts = [visit.input, visit.output, run.output, ...run.visits.map(({ output }) => output)]
  const found = texts.map((text) => inJson(text, 'ingredient')).find((value) => typeof value === 'string')
  return typeof found === 'string' ? found : 'what is short'
}

export const supplyIngredient: MachineWords = {
  startAt: 'GiveIngredient',
  states: {
    GiveIngredient: 'Giving what the warehouse has',
    IsEnough: 'Looking whether it is enough',
    BuyFromMarket: ({ run }) => `Buying at the market, round ${Math.max(1, run.visits.filter(({ place }) => place === '/BuyFromMarket').length)}`,
    ReleaseSupply: 'It cannot be had; freeing what was claimed of it',
    SendIngredient: 'Telling the kitchen',
    SupplyInterrupted: 'Ending: interrupted',
  },
  ends: {
    SendIngredient: (told) => {
      const gaveUp = told.run.visits.some(({ place }) => place === '/ReleaseSupply')
      const rounds = told.run.visits.filter(({ place }) => place === '/BuyFromMarket').length
      if (gaveUp) return `Given up: the market did not have enough of ${ingredient(told)}; the kitchen knows`
      const bought = rounds === 0 ? 'out of the warehouse' : `after ${rounds === 1 ? 'one round' : `${rounds} rounds`} at the market`
      return `Given to the kitchen, ${bought}`
    },
    SupplyInterrupted: 'Interrupted: the request stays open, and is entered again with its order',
  },
}

function moment(told: Told, which: 'shipsAt' | 'arrivesAt', column: string): number | null {
  const at = told.effects?.order.delivery?.[which] ?? inJson(told.visit.input, column)
  return typeof at === 'string' ? Date.parse(at) : null
}

export const deliverProduct: MachineWords = {
  startAt: 'AskSupplier',
  states: {
    AskSupplier: 'Selling what is held, and asking the supplier for it',
    AwaitSupplier: (told) => `Sold; the supplier has packed it ${endsIn(moment(told, 'shipsAt', 'ships_at'), told.nowMs, 'in', 'in a moment') || 'soon'}`,
    ShipProducts: 'Packed; the parcel leaves the supplier',
    AwaitDelivery: (told) => `On its way; the parcel arrives ${endsIn(moment(told, 'arrivesAt', 'arrives_at'), told.nowMs, 'in', 'in a moment') || 'soon'}`,
    CompleteOrder: 'Arrived; completing the order',
    DeliveryInterrupted: 'Ending: interrupted',
  },
  ends: {
    CompleteOrder: ({ effects }) => (effects?.order.deviceId ? 'Delivered, and added to the device’s stock' : 'Delivered'),
    DeliveryInterrupted: 'Interrupted: this execution could not go on; the order starts another',
  },
}

export const refundOrder: MachineWords = {
  startAt: 'RefundPayment',
  states: {
    RefundPayment: (told) => (isUnknown(told) ? 'Asking the provider what became of the refund' : 'Giving the money back'),
    RefundImpossible: 'Ending: the bank refuses',
    RefundInterrupted: 'Ending: interrupted',
  },
  ends: {
    RefundPayment: ({ effects, run }) => {
      const number = inJson(run.input, 'number')
      const back = effects?.effects.filter(({ kind, state }) => kind === 'refund' && state === 'RefundPayment') ?? []
      const one = typeof number === 'number' ? back[number - 1] : undefined
      return one?.amount == null || effects === undefined ? 'Refunded' : `Refunded: ${money(one.amount, effects.order.currency)}`
    },
    RefundImpossible: 'The provider does not give this money back; a person has to find another way',
    RefundInterrupted: 'Interrupted: nobody knows yet what became of the refund; it is asked after again',
  },
}

/** `page 3`, or `row 4,000` of a dump. */
function where({ visit, run }: Told): string {
  const from = inJson(visit.input, 'from') ?? inJson(run.input, 'from')
  const kind = (inJson(visit.input, 'source') ?? inJson(run.input, 'source')) as { kind?: unknown } | undefined
  if (typeof from !== 'number') return 'the first page'
  return `${kind?.kind === 'dump' ? 'row' : 'page'} ${from.toLocaleString('en')}`
}

const STORED: readonly (readonly [string, string])[] = [
  ['created', 'new'],
  ['updated', 'renewed'],
  ['unchanged', 'unchanged'],
]

/** `: 127 new, 3 renewed` of what was stored. */
function stored({ run }: Told): string {
  const counts = inJson(run.output, 'stored')
  const words = STORED.flatMap(([name, word]) => {
    const count = memberOf(counts, name)
    return typeof count === 'number' && count > 0 ? [`${count.toLocaleString('en')} ${word}`] : []
  })
  return words.length === 0 ? ', and kept nothing' : `: ${words.join(', ')}`
}

export const importProducts: MachineWords = {
  startAt: 'ImportPage',
  states: {
    ImportPage: (told) => `Importing from ${where(told)}`,
    IsThereMore: 'Looking whether there is more',
    AwaitTurn: (told) => {
      const at = inJson(told.visit.input, 'turn_at')
      return `Waiting for its turn at ${where(told)}${typeof at === 'string' ? `, ${endsIn(Date.parse(at), told.nowMs, 'in', 'in a moment')}` : ''}`
    },
    ImportFinished: 'Ending: nothing is left',
    ImportInterrupted: 'Ending: interrupted',
  },
  ends: {
    ImportFinished: (told) => (told.run.output === null ? 'Imported' : `Imported${stored(told)}`),
    ImportInterrupted: (told) => `The import stopped at ${where(told)}; what was stored before stays`,
  },
}
