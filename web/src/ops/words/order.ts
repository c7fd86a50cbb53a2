/** The `order` machine in sentences. */
import { money } from '../../words/money'
import { clockTime } from '../../words/time'
import { areHeld, endsIn, heldThings, holdEndsMs, inJson, isUnknown, tryWords, type Told } from '../told'
import type { MachineWords } from './types'

/** `3 of tomato and 1 of cheese`. */
function shortOf({ effects, run }: Told): string {
  const input = inJson(run.input, 'missing')
  const missing = effects?.order.missing ?? (Array.isArray(input) ? (input as unknown[]).map((one) => one as { quantity?: unknown; ingredient?: unknown }) : [])
  const words = missing.slice(0, 3).map(({ quantity, ingredient }) => `${String(quantity)} of ${String(ingredient)}`)
  if (missing.length > 3) words.push(`${missing.length - 3} more`)
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}

function gathering(told: Told): string {
  const short = shortOf(told)
  return short === '' ? 'Waiting for the warehouse' : `Waiting for the warehouse to send ${short}`
}

function paying(told: Told): string {
  return isUnknown(told) ? 'Asking the provider what became of the charge' : `Charging the card, ${tryWords(told)}`
}

function delivering({ effects, nowMs }: Told): string {
  const delivery = effects?.order.delivery
  if (!delivery) return 'Paid, and being sold and delivered'
  if (delivery.arrivesAt) return `Paid and sold; the parcel arrives ${endsIn(Date.parse(delivery.arrivesAt), nowMs, 'in', 'in a moment') || `at ${clockTime(delivery.arrivesAt)}`}`
  return `Paid and sold; the supplier has packed it ${endsIn(Date.parse(delivery.shipsAt), nowMs, 'in', 'in a moment') || `at ${clockTime(delivery.shipsAt)}`}`
}

/** What became of the money afterwards, if it went back. */
function since({ effects }: Told, end: string): string {
  if (effects === undefined || effects.order.refundedMinor === 0) return end
  const { refundedMinor, totalMinor, currency } = effects.order
  return refundedMinor >= totalMinor ? `${end}, and refunded since` : `${end}; ${money(refundedMinor, currency)} refunded since`
}

const freed = (told: Told): string => `${heldThings(told)} ${areHeld(told)} free again`

export const order: MachineWords = {
  startAt: 'IsAnythingShort',
  states: {
    IsAnythingShort: 'Looking whether anything has to be gathered',
    GatherIngredients: gathering,
    AwaitIngredient: gathering,
    AwaitPayment: (told) => {
      const end = endsIn(holdEndsMs(told), told.nowMs, 'the hold ends in', 'and the hold has just ended')
      return `Waiting for payment${end === '' ? '' : `${end.startsWith('the') ? ', ' : ' '}${end}`}`
    },
    ChargePayment: paying,
    AwaitNextAttempt: (told) => {
      const again = told.effects?.order.nextAttemptAt
      const left = again ? endsIn(Date.parse(again), told.nowMs, 'in', 'in a moment') : ''
      return `The card was declined and is tried again${left === '' ? '' : ` ${left}`}; that was ${tryWords(told)}`
    },
    WhatIsSold: 'Paid; choosing how it is handed over',
    DeliverProduct: delivering,
    ServeDish: 'Paid, and being served',
    CompleteOrder: (told) => `Paid; ${heldThings(told)} become${areHeld(told) === 'is' ? 's' : ''} the buyer’s`,
    ExpireOrder: (told) => (isUnknown(told) ? 'The hold is over; asking the provider about an earlier charge before anything is released' : 'The hold is over; looking whether anybody has paid'),
    WhatIsHeld: 'No card was charged; choosing what to release',
    UnlockTicket: 'No card was charged; giving the ticket back',
    ReleaseProducts: 'No card was charged; giving the products back',
    ReleaseIngredients: (told) => (inJson(told.visit.input, 'reason') === 'payment_failed' ? 'No card was charged; giving the ingredients back' : 'Something cannot be had; giving the ingredients back'),
    WhyReleased: 'Released; writing down how it ended',
    MarkOrderStuck: 'It could not go on; parking the order with all that it holds',
    OrderUnavailable: 'Ending: not everything could be had',
    OrderCancelled: 'Ending: cancelled by its buyer',
    OrderPaymentFailed: 'Ending: no card was charged',
    OrderEnded: 'Ending: the order had come to its end already',
    OrderStuck: 'Ending: stuck',
    OrderInterrupted: 'Ending: interrupted',
  },
  ends: {
    DeliverProduct: (told) => since(told, 'Paid, sold and delivered'),
    ServeDish: (told) => since(told, 'Paid and served'),
    CompleteOrder: (told) => since(told, 'Paid and sold'),
    OrderUnavailable: (told) => `Not everything could be had, and ${freed(told)}`,
    ExpireOrder: (told) => `The hold ran out and ${freed(told)}`,
    OrderCancelled: (told) => `Cancelled by its buyer, and ${freed(told)}`,
    OrderPaymentFailed: (told) => `No card could be charged, and ${freed(told)}`,
    OrderEnded: 'The order had come to its end already; there was nothing to do',
    OrderStuck: (told) => `Stuck: the order could not be carried on, and ${heldThings(told)} ${areHeld(told)} kept`,
    OrderInterrupted: 'Interrupted: this execution could not go on; the order can, and is entered again',
  },
}
