/** Faults that are set on purpose, as they are told, asked for and put into words. */
import { isObject, listOf, textOf, type Json } from '../chart/json'
import { lasted } from '../run/words'

/** Names any machine or any state. */
export const ANY = '*'

/** What goes wrong, by the name that it has in the API. */
export type Kind = 'fail' | 'delay' | 'lose_answer' | 'abort' | 'lose_callback' | 'double_callback' | 'lose_message' | 'double_message'

/** What goes wrong. */
export type Deed =
  | { readonly kind: 'fail'; readonly error: string; readonly cause: string }
  | { readonly kind: 'delay'; readonly seconds: number }
  | { readonly kind: Exclude<Kind, 'fail' | 'delay'> }

/** What goes wrong, where, and how often. */
export interface Fault {
  readonly machine: string
  readonly state: string
  readonly deed: Deed
  /** At most; `null` is for ever. */
  readonly times: number | null
  /** From 0 to 1. */
  readonly probability: number
}

/** A fault that is set. */
export interface SetFault extends Fault {
  readonly id: number
  readonly struck: number
}

/** When a fault can strike: a state calls somebody, a token comes back, or a message is sent. */
export type Moment = 'call' | 'callback' | 'message'

/** One kind of fault, for whoever chooses. */
export interface KindWords {
  readonly kind: Kind
  readonly moment: Moment
  readonly name: string
  /** What it does. */
  readonly says: string
  /** What keeps that from doing harm, or does not. */
  readonly protects: string
}

export const KINDS: readonly KindWords[] = [
  {
    kind: 'fail',
    moment: 'call',
    name: 'It fails',
    says: 'The call is not made, and the state fails with this error.',
    protects: 'Nothing happens outside. The state’s Retry and Catch decide what follows.',
  },
  {
    kind: 'delay',
    moment: 'call',
    name: 'It is slow',
    says: 'The call is made later, also when nobody waits for it any more.',
    protects: 'If the state’s time limit is shorter, it tries again meanwhile, and both calls are made: whoever is asked must notice what was done before.',
  },
  {
    kind: 'lose_answer',
    moment: 'call',
    name: 'Its answer is lost',
    says: 'The call is made and carried out, and nobody hears of it: the state runs into its time limit.',
    protects: 'Its Retry asks again. Whoever is asked must notice what was done before, and must not do it twice.',
  },
  {
    kind: 'abort',
    moment: 'call',
    name: 'The whole execution dies',
    says: 'The call is not made, and the execution fails at once, with an error that nothing catches.',
    protects: 'No step undoes anything. What was held or charged stays so until somebody enters the execution again: a reconciler, or a redrive by hand.',
  },
  {
    kind: 'lose_callback',
    moment: 'callback',
    name: 'An answer to its token is lost',
    says: 'Somebody answers the token and is told that all is well, and the execution hears nothing.',
    protects: 'The state waits until its time limit, or until somebody notices and answers again.',
  },
  {
    kind: 'double_callback',
    moment: 'callback',
    name: 'An answer to its token comes twice',
    says: 'The token comes back twice. Whoever sent it is told what came of the second time.',
    protects: 'A token counts once, so the execution goes on once. Whoever answered must bear being told that it is over.',
  },
  {
    kind: 'lose_message',
    moment: 'message',
    name: 'Its message is lost',
    says: 'The state is told that its message was sent, and it never is.',
    protects: 'Whoever works on the queue hears nothing. A time limit ends the wait, or somebody notices and asks again.',
  },
  {
    kind: 'double_message',
    moment: 'message',
    name: 'Its message comes twice',
    says: 'The message is sent twice, as any queue may deliver it.',
    protects: 'Whoever works on the queue must notice what was done before.',
  },
]

/** What is said of a kind. */
export function kindWords(kind: Kind): KindWords {
  const found = KINDS.find((one) => one.kind === kind)
  if (found === undefined) throw new Error(`no words for ${kind}`)
  return found
}

/** A fault as the API tells it; `null` if it is none that is known here. */
export function readFault(told: unknown): SetFault | null {
  if (!isObject(told)) return null
  const deed = readDeed(told['do'])
  const id = numberOf(told, 'id')
  if (deed === null || id === null) return null
  return {
    id,
    machine: textOf(told['machine']) ?? ANY,
    state: textOf(told['state']) ?? ANY,
    deed,
    times: numberOf(told, 'times'),
    probability: numberOf(told, 'probability') ?? 1,
    struck: numberOf(told, 'struck') ?? 0,
  }
}

/** The faults of an answer. What this page does not know is counted, so that nothing is set unseen. */
export function readFaults(told: unknown): { faults: SetFault[]; unknown: number } {
  const all = listOf(told)
  const faults = all.flatMap((one) => readFault(one) ?? [])
  return { faults, unknown: all.length - faults.length }
}

function readDeed(told: unknown): Deed | null {
  if (typeof told === 'string') {
    const known = KINDS.find(({ kind }) => kind === told && kind !== 'fail' && kind !== 'delay')
    return known === undefined ? null : ({ kind: known.kind } as Deed)
  }
  if (!isObject(told)) return null
  const { fail, delay } = told
  if (isObject(fail)) return { kind: 'fail', error: textOf(fail['error']) ?? '', cause: textOf(fail['cause']) ?? '' }
  if (isObject(delay)) return { kind: 'delay', seconds: numberOf(delay, 'seconds') ?? 0 }
  return null
}

function numberOf(told: Json, name: string): number | null {
  const value = told[name]
  return typeof value === 'number' ? value : null
}

/** A fault as the API takes it. */
export function bodyOf({ machine, state, deed, times, probability }: Fault) {
  const action =
    deed.kind === 'fail' ? { fail: { error: deed.error, cause: deed.cause } } : deed.kind === 'delay' ? { delay: { seconds: deed.seconds } } : deed.kind
  return { machine, state, do: action, ...(times !== null && { times }), ...(probability < 1 && { probability }) }
}

/** Whether two say the same, however often they struck. */
export function isSame(one: Fault, other: Fault): boolean {
  return JSON.stringify(bodyOf(one)) === JSON.stringify(bodyOf(other))
}

/** Whether it has struck as often as it may. */
export function isSpent({ times, struck }: SetFault): boolean {
  return times !== null && struck >= times
}

/** `ChargePayment of order`, `every state of order`, `every state of every machine`. */
export function placeWords(machine: string, state: string): string {
  return `${state === ANY ? 'every state' : state} of ${machine === ANY ? 'every machine' : machine}`
}

/** What goes wrong, with its own figures: `It fails with Transient`. */
export function deedWords(deed: Deed): string {
  switch (deed.kind) {
    case 'fail':
      return `It fails with ${deed.error}`
    case 'delay':
      return `It is slow: asked ${lasted(deed.seconds * 1_000)} later`
    default:
      return kindWords(deed.kind).name
  }
}

/** How often it strikes: `once`, `the next 3 times`, `each time, by a chance of 25 %`. */
export function oftenWords({ times, probability }: Fault): string {
  const often = times === null ? 'each time' : times === 1 ? 'once' : `${times} times`
  return probability < 1 ? `${often}, by a chance of ${percentWords(probability)}` : often
}

function percentWords(probability: number): string {
  return `${(probability * 100).toLocaleString('en', { maximumFractionDigits: 2 })} %`
}

/** How often it has struck. */
export function struckWords(fault: SetFault): string {
  const { struck, times } = fault
  if (isSpent(fault)) return struck === 1 ? 'It has struck, and strikes no more.' : `It has struck all ${struck} times, and strikes no more.`
  if (struck === 0) return 'It has not struck yet.'
  return `It has struck ${struck === 1 ? 'once' : `${struck} times`}${times === null ? '' : ` of ${times}`}.`
}
