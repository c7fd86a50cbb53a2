/** The `hold-order` machine in sentences. */
import { textOf } from '../../viewer/chart/json'
import { areHeld, heldThings, inJson, type Told } from '../told'
import type { MachineWords } from './types'

function whose({ effects }: Told): string {
  if (effects === undefined) return 'for the order'
  return effects.isYours ? 'for your order' : `for ${effects.orderId}`
}

/** Why a rule said no, by the refusal's name. */
const REFUSALS: Readonly<Record<string, string>> = {
  TicketAlreadyHeld: 'somebody else holds the ticket',
  TicketHeldByYou: 'the same buyer holds the ticket already',
  TicketSold: 'the ticket is sold',
  TicketChanged: 'the ticket was changed after the buyer saw it',
  TooManyHolds: 'the buyer has too many unpaid orders',
  OrderAlreadyExists: 'there is an order of this number already',
  NotFound: 'something in it is not there',
  InvalidInput: 'the request was wrong',
  OutOfStock: 'there is not enough of a product',
  ProductUnavailable: 'a product is not to be had',
  ProductChanged: 'a product was changed after the buyer saw it',
  PriceAboveLimit: 'a product costs more than its device may spend',
}

export const holdOrder: MachineWords = {
  startAt: 'WhatIsWanted',
  states: {
    WhatIsWanted: 'Looking what is wanted',
    LockTicket: 'Holding every ticket, or none',
    ReserveIngredients: 'Holding what the kitchen has of everything',
    ReserveProducts: 'Holding every product, or none',
    StartOrder: 'Held; starting the order’s own execution',
    WhatIsHeld: 'The order could not be started; choosing what to give back',
    UnlockTicket: 'The hold could not be made whole; giving the tickets back',
    ReleaseIngredients: 'The hold could not be made whole; giving the ingredients back',
    ReleaseProducts: 'The hold could not be made whole; giving the products back',
    OrderHeld: 'Ending: held',
    HoldRefused: 'Ending: refused by a rule',
    HoldFailed: 'Ending: busy or broken',
  },
  ends: {
    OrderHeld: (told) => {
      const things = heldThings(told)
      return things === 'what was held' ? `Held ${whose(told)}` : `${things.charAt(0).toUpperCase()}${things.slice(1)} ${areHeld(told) === 'is' ? 'was' : 'were'} held ${whose(told)}`
    },
    HoldRefused: (told) => {
      const error = textOf(inJson(told.visit.input, 'error')) ?? textOf(inJson(told.run.output, 'error'))
      return `Nothing is held: ${error === null ? 'a rule said no' : (REFUSALS[error] ?? error)}`
    },
    HoldFailed: 'Busy or broken: what was held was given back, or will be when its time is over',
  },
}
