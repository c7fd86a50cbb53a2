/** Whom a Task state asks, and how it has its answer. */
import { isObject, memberOf, textOf, type Json } from './json'

/** What a Task state asks for. */
export interface Call {
  /** `lambda`, `sqs`, `aws-sdk:s3`; `activity` for an activity. */
  service: string
  /** `invoke`, `sendMessage`; empty for an activity. */
  action: string
  /** The function, queue, table, machine ... by its own name; `null` where the definition computes it. */
  target: string | null
  /** How it ends: with the answer, when the job it started has ended, when a token comes back, or when a worker has done it. */
  ends: 'answer' | 'job' | 'token' | 'worker'
}

/** Arguments that name what is asked, the most telling first. */
const TARGETS = [
  'FunctionName',
  'QueueUrl',
  'StateMachineArn',
  'TopicArn',
  'TableName',
  'JobName',
  'TaskDefinition',
  'ProjectName',
  'ClusterId',
  'Bucket',
  'ModelId',
  'ApiEndpoint',
  'SecretId',
]

/** What a Task state's definition asks for; `null` if it has no resource that can be read. */
export function callOf(definition: Json): Call | null {
  const resource = textOf(definition['Resource'])
  if (resource === null) return null
  const parts = resource.split(':')
  if (resource.startsWith('arn:') && parts[2] === 'states' && parts[5] === 'activity') {
    return { service: 'activity', action: '', target: parts[6] ?? null, ends: 'worker' }
  }
  if (resource.startsWith('arn:') && parts[2] === 'states' && parts[3] === '' && parts.length > 6) {
    const { action, ends } = actionOf(parts.slice(5).join(':'))
    const cut = action.lastIndexOf(':')
    return { service: action.slice(0, cut), action: action.slice(cut + 1), target: targetOf(definition), ends }
  }
  if (resource.startsWith('arn:') && parts[2] === 'lambda') {
    return { service: 'lambda', action: 'invoke', target: lastNameOf(resource), ends: 'answer' }
  }
  return { service: '', action: '', target: lastNameOf(resource), ends: 'answer' }
}

/** A call in short: `lambda:invoke charge-payment`. */
export function callWords({ service, action, target }: Call): string {
  const what = [service, action].filter((part) => part !== '').join(':')
  return [what, target].filter((part) => part !== null && part !== '').join(' ')
}

/** An action without what is said of its end: `sqs:sendMessage` of `sqs:sendMessage.waitForTaskToken`. */
export function actionOf(action: string): { readonly action: string; readonly ends: Call['ends'] } {
  if (action.endsWith('.waitForTaskToken')) return { action: action.slice(0, -'.waitForTaskToken'.length), ends: 'token' }
  const sync = /\.sync(:2)?$/.exec(action)
  return sync === null ? { action, ends: 'answer' } : { action: action.slice(0, sync.index), ends: 'job' }
}

/** The last name in an ARN, address or path: `payment-requests` of a queue's address, without a function's version. */
export function lastNameOf(text: string): string | null {
  const substituted = /^\$\{(\w+)\}$/.exec(text)
  if (substituted !== null) return substituted[1] ?? null
  const ofFunction = /:function:([^:]+)/.exec(text)
  if (ofFunction !== null) return ofFunction[1] ?? null
  if (text.startsWith('arn:') || /^https?:/.test(text)) return text.split(/[:/]/).findLast((part) => part !== '') ?? null
  return text
}

function targetOf(definition: Json): string | null {
  const asked = isObject(definition['Arguments']) ? definition['Arguments'] : definition['Parameters']
  for (const name of TARGETS) {
    const target = textOf(memberOf(asked, name))
    if (target !== null && !target.startsWith('{%') && !target.startsWith('$.')) return lastNameOf(target)
  }
  return null
}
