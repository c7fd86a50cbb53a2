/** What an execution cost, in a line. */
import type { Cost } from '../run/cost'

export function costWords({ transitions, retries, redrives, lambdaInvocations, otherCalls, isAtLeast }: Cost): string {
  const among = [...(retries > 0 ? [counted(retries, 'retry', 'retries')] : []), ...(redrives > 0 ? [counted(redrives, 'redrive', 'redrives')] : [])]
  const parts = [
    `${isAtLeast ? 'at least ' : ''}${counted(transitions, 'transition', 'transitions')}${among.length > 0 ? `, ${among.join(' and ')} among them` : ''}`,
    ...(lambdaInvocations > 0 ? [counted(lambdaInvocations, 'function call', 'function calls')] : []),
    ...(otherCalls > 0 ? [counted(otherCalls, 'other call', 'other calls')] : []),
  ]
  return `Cost: ${parts.join(' · ')}`
}

function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
