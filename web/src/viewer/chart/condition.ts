/** Conditions of Choice states in short words. */
import { isObject, listOf, memberOf, textOf } from './json'

/** Comparisons of JSONPath as people write them. */
const SIGNS: Readonly<Record<string, string>> = {
  Equals: '=',
  LessThan: '<',
  GreaterThan: '>',
  LessThanEquals: '≤',
  GreaterThanEquals: '≥',
  Matches: 'like',
}

/** Questions of JSONPath: the answer is in the definition. */
const IS: Readonly<Record<string, readonly [string, string]>> = {
  IsPresent: ['is there', 'is not there'],
  IsNull: ['is null', 'is not null'],
  IsString: ['is text', 'is not text'],
  IsNumeric: ['is a number', 'is not a number'],
  IsBoolean: ['is true or false', 'is neither true nor false'],
  IsTimestamp: ['is a time', 'is not a time'],
}

/** How long a label may be. */
const LABEL_MAX = 60

/** One rule of a Choice state: `kind = 'product'`, `job.state = "done"`, `a > 1 and not (b is there)`. Empty if it says nothing. */
export function conditionWords(rule: unknown): string {
  const condition = memberOf(rule, 'Condition')
  if (typeof condition === 'boolean') return condition ? 'always' : 'never'
  if (typeof condition === 'string') return expressionWords(condition)
  return test(rule, 0)
}

/** A label that fits at an edge. */
export function shortened(label: string): string {
  return label.length <= LABEL_MAX ? label : `${label.slice(0, LABEL_MAX - 1).trimEnd()}…`
}

/** An expression without its marks; what is said of every state's input is left out. */
export function expressionWords(expression: string): string {
  return expression
    .replace(/^\s*\{%/, '')
    .replace(/%\}\s*$/, '')
    .replace(/\$states\.input\./g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

function test(rule: unknown, depth: number): string {
  // Definitions that a service took are never that deep.
  if (!isObject(rule) || depth > 50) return ''
  for (const [name, word] of [['And', ' and '], ['Or', ' or ']] as const) {
    if (Array.isArray(rule[name])) {
      return listOf(rule[name])
        .map((inner) => bracketed(inner, depth))
        .filter((part) => part !== '')
        .join(word)
    }
  }
  if (rule['Not'] !== undefined) return `not (${test(rule['Not'], depth + 1)})`
  const variable = pathWords(textOf(rule['Variable']) ?? '')
  for (const [name, value] of Object.entries(rule)) {
    const is = IS[name]
    if (is !== undefined) return `${variable} ${value === false ? is[1] : is[0]}`
    const compared = /^(String|Numeric|Boolean|Timestamp)(.+?)(Path)?$/.exec(name)
    const sign = SIGNS[compared?.[2] ?? '']
    if (sign !== undefined) return `${variable} ${sign} ${compared?.[3] === 'Path' ? pathWords(String(value)) : JSON.stringify(value)}`
  }
  return ''
}

function bracketed(rule: unknown, depth: number): string {
  const words = test(rule, depth + 1)
  return isObject(rule) && (Array.isArray(rule['And']) || Array.isArray(rule['Or'])) ? `(${words})` : words
}

/** `job.state` of `$.job.state`; all else stays. */
function pathWords(path: string): string {
  return path.startsWith('$.') ? path.slice(2) : path === '$' ? 'the input' : path
}
