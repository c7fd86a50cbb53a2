/** Conservation in words: what each rule says, and what to do when it is broken (docs/runbook.md, "Conservation is red"). */
import type { Shape } from '../api/client'
import { ingredientName } from './stock'

/** A report as the API tells of it. */
export type Report = Shape<'Conservation'>
/** One comparison of it. */
export type Check = Report['checks'][number]
/** One thing that does not add up. */
export type Difference = Report['differences'][number]

/** A rule in words. */
export interface RuleWords {
  /** What is so when it adds up. */
  readonly says: string
  /** What whoever runs the shop does when it does not. */
  readonly whatToDo: string
}

const LEDGER =
  'Somebody or something wrote past the code. The cause is the first movement that does not follow: compare it with a backup from before, and correct the balance or restore the movement by hand.'
const CLAIM =
  'Read the order or supply request and its movements. Release nothing by hand that a live order still counts on: stop or redrive its execution first.'

const RULES: Readonly<Record<string, RuleWords>> = {
  numbers_have_no_gaps: { says: 'The movements are numbered without gaps', whatToDo: LEDGER },
  movements_follow: { says: 'Each movement follows from the one before', whatToDo: LEDGER },
  on_hand_is_sum: { says: 'What is on hand is the sum of its movements', whatToDo: LEDGER },
  held_is_sum: { says: 'What is held is the sum of its movements', whatToDo: LEDGER },
  shifts_arrive: {
    says: 'What left one shard of a product came to another',
    whatToDo: 'One of the two movements was changed by hand. Find both in the product’s inventory by their moment, and restore the one that is missing.',
  },
  holds_are_alive: { says: 'What is held is held by an order or supply request that lives', whatToDo: CLAIM },
  ends_are_claimed: { says: 'What was received, given, served or sold is what orders say', whatToDo: CLAIM },
  tickets_have_their_order: {
    says: 'Each held or sold ticket has its order',
    whatToDo: 'The order is the truth: set the ticket to what the order says, under the condition that it is still as found.',
  },
  holders_are_live: {
    says: 'Each buyer’s set of live holds names their unfinished orders',
    whatToDo: 'Add or remove that order in the buyer’s set by hand. It only counts towards the cap on holds.',
  },
  money_is_kept_or_refunded: {
    says: 'Money that was charged is kept by its order or was given back',
    whatToDo: 'Ask the payment provider before anything else; its number for the payment is in the order.',
  },
}

/** A rule in words; one that this page does not know yet is shown by its name. */
export function ruleWords(name: string): RuleWords {
  return RULES[name] ?? { says: name.replaceAll('_', ' '), whatToDo: 'Look it up in the runbook.' }
}

const ID = /^[a-z]{3}_[0-9a-z]{26}/

/** `Kitchen, carne molida`, or only the place. An id stays as it is: somebody looks for it. */
export function whereWords({ place, item }: { place: string; item?: string | undefined }): string {
  const where = ingredientName(place)
  if (item === undefined || item === '') return where
  return `${where}, ${ID.test(item) ? item : item.replaceAll('_', ' ')}`
}

/** What must be, what is, and how far apart they are. */
export function differenceWords({ expected, found, difference }: Pick<Difference, 'expected' | 'found' | 'difference'>): string {
  const apart = difference == null || difference === 0 ? '' : `, ${Math.abs(difference)} too ${difference > 0 ? 'much' : 'little'}`
  return `It must be ${expected}, and it is ${found}${apart}.`
}

/** All comparisons by one rule. */
export interface RuleChecks {
  readonly name: string
  readonly checks: readonly Check[]
  /** How many of them do not add up. */
  readonly red: number
}

/** The comparisons by rule, those with something red first, else in the order of the report. */
export function byRule(checks: readonly Check[]): RuleChecks[] {
  const groups = new Map<string, Check[]>()
  for (const check of checks) groups.set(check.name, [...(groups.get(check.name) ?? []), check])
  return [...groups]
    .map(([name, all]) => ({ name, checks: all, red: all.filter(({ isGreen }) => !isGreen).length }))
    .sort((one, other) => Number(other.red > 0) - Number(one.red > 0))
}

/** The one sentence: whether everything adds up. */
export function verdict(report: Pick<Report, 'isGreen' | 'differences' | 'differencesLeftOut'>): string {
  if (report.isGreen) return 'Everything adds up.'
  const count = report.differences.length + report.differencesLeftOut
  return count === 1 ? 'One thing does not add up.' : `${count} things do not add up.`
}

/** `153 movements, 3 tickets and 142 shards`: what was counted; what there is none of is left out. */
export function lookedAtWords(lookedAt: Report['lookedAt']): string {
  const NAMES: readonly [keyof Report['lookedAt'], string, string][] = [
    ['movements', 'movement', 'movements'],
    ['orders', 'order', 'orders'],
    ['tickets', 'ticket', 'tickets'],
    ['supplies', 'supply request', 'supply requests'],
    ['holders', 'buyer', 'buyers'],
    ['shards', 'shard of products', 'shards of products'],
    ['money', 'row of the ledger of money', 'rows of the ledger of money'],
  ]
  const parts = NAMES.filter(([field]) => lookedAt[field] > 0).map(
    ([field, one, many]) => `${lookedAt[field].toLocaleString('en')} ${lookedAt[field] === 1 ? one : many}`,
  )
  return parts.length === 0 ? 'nothing, because there is nothing yet' : new Intl.ListFormat('en').format(parts)
}
