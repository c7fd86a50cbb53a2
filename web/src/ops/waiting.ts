/** What our own machines wait for, in our own words: what is awaited, until when, and who can end it. */
import type { Waiting } from '../viewer/run/waiting'
import type { OwnWaiting } from '../viewer/own'
import type { Run } from '../viewer/types'
import { clockTime } from '../words/time'
import type { Machine } from './machines'
import { heldThings, holdEndsMs, inJson, tryWords, type Effects, type Told } from './told'

const at = (ms: number): string => clockTime(new Date(ms).toISOString())

/** @returns `null` where the viewer's own words say it all */
export function ownWaiting(machine: Machine, waiting: Waiting, run: Run, effects: Effects | undefined, nowMs: number | null): OwnWaiting | null {
  const visit = run.visits.find(({ id }) => id === waiting.visit)
  if (visit === undefined) return null
  const told: Told = { run, visit, nowMs, effects }
  // A pause before a retry, or a call that is out: only where more is known than that.
  const isMoney = waiting.name === 'ChargePayment' || waiting.name === 'RefundPayment'
  if (waiting.kind === 'retry') return isMoney && waiting.error === 'PaymentOutcomeUnknown' ? unknown(waiting) : null
  return SAYINGS[`${machine} ${waiting.name}`]?.(told, waiting) ?? null
}

function unknown({ name, untilMs, retry }: Waiting): OwnWaiting {
  const times = retry === null ? '' : ` (${retry.retry} of ${retry.of})`
  const what = name === 'ChargePayment' ? 'charge' : 'refund'
  return {
    short: 'The provider is asked again',
    words: `Nobody knows yet what became of the ${what}. The provider is asked again${times} before anything else is done; nothing is ${what === 'charge' ? 'charged' : 'given back'} twice. Only the provider’s answer ends this.`,
    untilMs,
  }
}

const SAYINGS: Readonly<Record<string, (told: Told, waiting: Waiting) => OwnWaiting>> = {
  'order AwaitPayment': (told) => {
    const ends = holdEndsMs(told)
    const who = told.effects === undefined ? 'The buyer' : told.effects.isYours ? 'You' : 'Only its buyer'
    const until = ends === null ? '' : ` until ${at(ends)}`
    const isOver = ends !== null && told.nowMs !== null && ends <= told.nowMs
    const words = isOver
      ? `The hold ended at ${at(ends)}. ExpireOrder looks whether anybody has paid, and else gives ${heldThings(told)} back.`
      : `${who} can pay or cancel${until}. If nobody does, the hold ends by itself, and ${heldThings(told)} ${heldThings(told) === 'the ticket' ? 'is' : 'are'} free again.`
    return { short: 'Waits for payment', words, untilMs: ends }
  },
  'order AwaitNextAttempt': (told, { untilMs }) => ({
    short: 'Waits before it charges again',
    words: `The card was declined${codeOf(told)}; that was ${tryWords(told)}. The same card is tried again by itself. ${told.effects?.isYours ? 'You' : 'Its buyer'} may give another card or cancel meanwhile.`,
    untilMs,
  }),
  'order AwaitIngredient': (told, { limits }) => ({
    short: 'Waits for the warehouse',
    words: isAnother(told) ? `${asked(told)} of the warehouse as well.` : `${asked(told)} of the warehouse. Its own execution, supply-ingredient, ends this by sending it or by giving up; so does the buyer by cancelling. Otherwise the order ends as unavailable, and what it holds is free again.`,
    untilMs: limits.find(({ of }) => of === 'task')?.atMs ?? null,
  }),
  'order DeliverProduct': ({ effects }) => ({
    short: 'Waits for the delivery',
    words: 'Supplier and parcel have an execution of their own. What was sold stays sold: nobody has to end this.',
    untilMs: momentOf(effects?.order.delivery?.arrivesAt ?? effects?.order.delivery?.shipsAt),
  }),
  'deliver-product AwaitSupplier': (_told, { untilMs }) => ({ short: 'Waits for the supplier', words: 'Until the supplier has packed it. Nobody can hurry it, and nobody has to end it.', untilMs }),
  'deliver-product AwaitDelivery': (_told, { untilMs }) => ({ short: 'Waits for the parcel', words: 'Until the parcel has arrived. Nobody can hurry it, and nobody has to end it.', untilMs }),
  'import-products AwaitTurn': (_told, { untilMs }) => ({
    short: 'Waits for its turn',
    words: 'Open Food Facts allows ten searches a minute, and a busy source says when it wants to be asked again. It goes on by itself.',
    untilMs,
  }),
}

function codeOf({ effects }: Told): string {
  const code = effects?.payments.findLast(({ status }) => status === 'declined')?.code
  return code ? ` (${code})` : ''
}

/** What is to be said of several at once is said of the first. */
function isAnother({ run, visit }: Told): boolean {
  return run.visits.find(({ place, leftMs }) => place === visit.place && leftMs === null)?.id !== visit.id
}

function asked({ visit }: Told): string {
  const quantity = inJson(visit.input, 'quantity')
  const ingredient = inJson(visit.input, 'ingredient')
  return typeof quantity === 'number' && typeof ingredient === 'string' ? `${quantity} of ${ingredient} ${quantity === 1 ? 'was' : 'were'} asked` : 'What is short was asked'
}

function momentOf(text: string | null | undefined): number | null {
  return text ? Date.parse(text) : null
}

/** What its buyer may do with an order as it stands; the API decides. Nothing that the time decides, while that is not known. */
export function mayBuyer(effects: Effects | undefined, nowMs: number | null): { readonly pay: boolean; readonly cancel: boolean } {
  if (effects === undefined || !effects.isYours) return { pay: false, cancel: false }
  const { status, hold } = effects.order
  const isHeld = status === 'held' && nowMs !== null && nowMs < Date.parse(hold.expiresAt)
  return { pay: isHeld, cancel: isHeld || status === 'gathering' }
}

/** What happens when an operator stops it, in words; `null` where that cannot be done. */
export function stopWords(machine: Machine, effects: Effects | undefined, nowMs: number | null): readonly string[] | null {
  switch (machine) {
    // Step Functions stops no Express executions.
    case 'hold-order':
      return null
    case 'order': {
      const due = momentOf(effects?.dueAt)
      const when = due === null ? 'later' : nowMs !== null && due <= nowMs ? 'within a minute or two' : `a minute or so after ${at(due)}`
      return [
        'The execution ends; the order does not. What it holds stays held, and nothing is charged or given back.',
        `The reconciler enters the order again by itself, ${when}, in a new execution that does what is left. Until then a payment waits, and a hold that runs out is not given back.`,
        'So it is safe, and seldom of use: to give something back, its buyer cancels, or the hold runs out.',
      ]
    }
    case 'deliver-product':
      return ['What was sold stays sold. The order’s execution sees that it failed and starts another after half a minute or more, four times at most, which goes on where this one stood.']
    case 'supply-ingredient':
      return ['The request stays open and keeps what it has claimed. It is entered again with its order, or given up when the order’s own wait is over.']
    case 'refund-order':
      return ['The refund stays asked for. The reconciler starts it again by itself, and each start first asks the provider whether it has this refund: nothing goes back twice.']
    case 'import-products':
      return ['What was imported stays. Nothing starts it again by itself: a new import may begin at the page where this one stood.']
  }
}
