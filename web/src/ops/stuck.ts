/** What stands still or ended badly, why, and which button is safe. The long form is in docs/runbook.md. */
import type { OwnActions } from '../viewer/own'
import type { Run } from '../viewer/types'
import { clockTime } from '../words/time'
import { ENDS, isOverBadly } from './books'
import type { Machine } from './machines'
import { inJson, type Effects } from './told'
import { stopWords } from './waiting'

/** A section of the runbook, by its heading. */
export type Section = 'Stuck orders' | 'Interrupted supplies' | 'Refunds that fail' | 'Imports that stop' | 'Conservation is red'

export interface Trouble {
  /** What it is and why, as sentences. */
  readonly what: string
  /** What becomes of it by itself. */
  readonly byItself: string
  /** Which button is safe, and which is of no use. */
  readonly safe: string
  /** What is said of a redrive where that is asked for: the same as in `safe`. */
  readonly redrive: NonNullable<OwnActions['redrive']>
  readonly section: Section | null
}

const useless = (words: string): Trouble['redrive'] => ({ isOfUse: false, words })
/** It ended at a Fail state, into which a redrive leads again. */
const FAILS_AGAIN = useless('This is of no use: it would only enter the state that failed it.')
const NOTHING_LEFT = useless('This is of no use: nothing is left to do.')
const STEPS_ASK = 'each step asks the database and the provider before it acts'
const SAFE: Trouble['redrive'] = { isOfUse: true, words: `This is safe at any hour: ${STEPS_ASK}.` }

/** What another execution with the same input does. */
const START: Readonly<Record<Machine, string | null>> = {
  'hold-order': null,
  order: `It does what is left to do for the same order: ${STEPS_ASK}.`,
  'deliver-product': 'It finds what was done, and goes on from there.',
  'supply-ingredient': 'It finds what was done, and finishes or gives up.',
  'refund-order': 'It first asks the provider whether it has this refund: nothing goes back twice.',
  'import-products': 'It begins at the page or row that is "from" in its input, without that at the first; what is there already is counted as unchanged.',
}

/** What is said where something is to be done to one of ours; it never says other than {@link troubleOf}. */
export function actionsOf(machine: Machine, run: Run, effects: Effects | undefined, nowMs: number | null): OwnActions {
  return { redrive: troubleOf(machine, run, effects, nowMs)?.redrive ?? null, start: START[machine], stop: stopWords(machine, effects, nowMs) }
}

/** @returns `null` where nothing is wrong */
export function troubleOf(machine: Machine, run: Run, effects: Effects | undefined, nowMs: number | null): Trouble | null {
  if (!isOverBadly(run)) return null
  switch (machine) {
    case 'order':
      return ofOrder(run, effects, nowMs)
    case 'hold-order':
      return {
        what: 'The hold could not be made, or its order could not be started.',
        byItself: 'What was held was given back, or is found by the reconciler when its time is over. The buyer was told that it is busy.',
        safe: 'Nothing has to be pressed: the buyer repeats the request.',
        redrive: useless('This is of no use: the buyer repeats the request.'),
        section: null,
      }
    case 'deliver-product':
      return {
        what: 'This delivery could not go on. What was sold stays sold.',
        byItself: 'The order’s own execution starts another, which finds what was done. Only when that fails five times the order is stuck.',
        safe: 'Nothing has to be pressed here; look at the execution of the order. Redrive… does no harm where a step failed, and is of no use where it ended as DeliveryInterrupted.',
        redrive: isEndedByMachine(run) ? FAILS_AGAIN : { isOfUse: true, words: 'This does no harm, and has not to be done: the order’s own execution starts another.' },
        section: 'Stuck orders',
      }
    case 'supply-ingredient':
      return {
        what: 'The supply request could not go on. It stays open and keeps what it has claimed in the warehouse.',
        byItself: 'It is entered again with its order, or freed within minutes after its order has ended.',
        safe: `Nothing has to be pressed. To be faster, Start again… is safe: it finds what was done. ${isEndedByMachine(run) ? 'Redrive… would only enter the state that failed it.' : 'So is Redrive….'}`,
        redrive: isEndedByMachine(run) ? FAILS_AGAIN : { isOfUse: true, words: 'This is safe: it finds what was done.' },
        section: 'Interrupted supplies',
      }
    case 'refund-order':
      return ofRefund(run, effects, nowMs)
    case 'import-products':
      return {
        what: 'The import stopped. What it stored is whole and stays; its cause names the page or row that was not imported.',
        byItself: 'Nothing starts it again by itself.',
        safe: `Start again… is safe, with "from" in its input set to that page or row${typeof inJson(run.input, 'from') === 'number' ? '' : ' (without it, it begins at the first)'}; what is there already is counted as unchanged. Redrive… is of no use.`,
        redrive: useless('This is of no use: start it again, from the page or row that was not imported.'),
        section: 'Imports that stop',
      }
  }
}

/** `The reconciler enters it again by itself, after 14:03:10.` */
function entered(effects: Effects | undefined, nowMs: number | null, what: string): string {
  if (effects === undefined) return `The reconciler ${what} again by itself.`
  if (!effects.dueAt) return `Nothing ${what} again by itself: the reconciler has no moment noted for it.`
  const isDue = nowMs !== null && Date.parse(effects.dueAt) <= nowMs
  return `The reconciler ${what} again by itself, ${isDue ? 'within a minute or two' : `a minute or so after ${clockTime(effects.dueAt)}`}.`
}

/** Nobody comes for it by himself. */
function hasToBePressed(effects: Effects | undefined): boolean {
  return effects !== undefined && !effects.dueAt
}

function ofOrder(run: Run, effects: Effects | undefined, nowMs: number | null): Trouble {
  const status = effects?.order.status
  const isStuck = run.error === 'OrderStuck'
  const what = isStuck ? `The order could not be carried on${whyStuck(run)}. Everything that it holds is kept.` : `${whyEnded(run)} The order is as it was: nothing is given back or charged by that.`
  const end = status === undefined ? undefined : ENDS[status]
  if (end !== undefined) {
    return { what, byItself: `Since then the order has ${end === 'ended unpaid' || end.startsWith('ended') ? end : `been ${end}`}. Nothing is left to do.`, safe: 'Nothing has to be pressed.', redrive: NOTHING_LEFT, section: null }
  }
  if (status !== undefined && status !== 'stuck' && isStuck) {
    return { what, byItself: `Since then it has moved on: it is ${status} now, in another execution.`, safe: 'Nothing has to be pressed here; look at its newest execution.', redrive: useless('This is of no use: the order has moved on, in another execution.'), section: 'Stuck orders' }
  }
  const hurry = hasToBePressed(effects) ? '' : 'Nothing has to be pressed. If it should go sooner: '
  const safe = isEndedByMachine(run)
    ? `${hurry}Start again… is safe at any hour: each step asks the database and the provider before it acts. Redrive… is of no use: it would only enter the state that failed it.`
    : `${hurry}Redrive… and Start again… are both safe at any hour, and even both of them: each step asks the database and the provider before it acts.`
  return { what, byItself: entered(effects, nowMs, 'enters it'), safe, redrive: isEndedByMachine(run) ? FAILS_AGAIN : SAFE, section: 'Stuck orders' }
}

/** Errors of Fail states, into which a redrive leads again. */
const OF_FAIL_STATES = ['OrderStuck', 'OrderInterrupted', 'RefundInterrupted', 'RefundImpossible', 'DeliveryInterrupted', 'SupplyInterrupted']

function isEndedByMachine({ error }: Run): boolean {
  return error !== null && OF_FAIL_STATES.includes(error)
}

function whyEnded({ status, error }: Run): string {
  if (status === 'ABORTED') return 'This execution was stopped, by a person or with the execution that started it.'
  if (status === 'TIMED_OUT') return 'Its time limit ended this execution.'
  return error === 'OrderInterrupted' ? 'This execution could not go on: a queue or Step Functions was away.' : `This execution broke${error === null ? '' : ` with ${error}`}.`
}

const WHY: Readonly<Record<string, string>> = {
  PaymentOutcomeUnknown: 'the provider did not say what became of the charge',
  Defect: 'a step found a bug or a damaged row, and its log has the sentence',
  Transient: 'what a step needs was away for long',
  'States.Timeout': 'a step did not answer in time, again and again',
  'States.TaskFailed': 'the delivery failed again and again',
}

/** `: the provider did not say ...`; by what the state that parked it was told. */
function whyStuck(run: Run): string {
  const parked = run.visits.findLast(({ place }) => place === '/MarkOrderStuck')
  const why = parked === undefined ? undefined : inJson(parked.input, 'why')
  if (typeof why !== 'string') return ''
  return `: ${WHY[why] ?? `it failed with ${why}`}`
}

function ofRefund(run: Run, effects: Effects | undefined, nowMs: number | null): Trouble {
  const isImpossible = run.error === 'RefundImpossible'
  const what = isImpossible
    ? 'The provider did not give this money back. The order keeps the record of it.'
    : `${run.error === 'RefundInterrupted' ? 'For ten minutes the provider could not be asked, or did not say what became of the refund.' : whyEnded(run)} The refund stays asked for.`
  if (effects?.order.status === 'refunded' && effects.order.refundedMinor >= effects.order.totalMinor) {
    return { what, byItself: 'Since then all of the order’s money is back. Nothing is left to do.', safe: 'Nothing has to be pressed.', redrive: NOTHING_LEFT, section: null }
  }
  if (isImpossible) {
    return {
      what,
      byItself: 'Nothing more happens by itself, and conservation is red as long as the money is kept without a sale.',
      safe: 'No button helps: give the money back another way, and note it in your books.',
      redrive: FAILS_AGAIN,
      section: 'Refunds that fail',
    }
  }
  return {
    what,
    byItself: entered(effects, nowMs, 'starts it'),
    safe: `${hasToBePressed(effects) ? '' : 'Nothing has to be pressed. '}Start again… is safe: it first asks the provider whether it has this refund. ${isEndedByMachine(run) ? 'Redrive… is of no use.' : 'So is Redrive….'}`,
    redrive: isEndedByMachine(run) ? FAILS_AGAIN : SAFE,
    section: 'Refunds that fail',
  }
}
