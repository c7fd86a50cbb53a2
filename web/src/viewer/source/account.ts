/** Which account is shown, for whatever on a page wants to know. */
import type { InjectionKey, Ref } from 'vue'

export interface ShownAccount {
  /** Whether AWS itself answers, and no engine in its place. */
  readonly isAws: boolean
}

export const ACCOUNT: InjectionKey<Readonly<Ref<ShownAccount | undefined>>> = Symbol('account')

/** Where AWS's own console ends in each of its partitions. */
const CONSOLES: Readonly<Record<string, string>> = { aws: 'console.aws.amazon.com', 'aws-cn': 'console.amazonaws.cn', 'aws-us-gov': 'console.amazonaws-us-gov.com' }

/** An execution in AWS's console; `null` for an ARN that it does not show. */
export function consoleAddress(arn: string, startedMs: number): string | null {
  const [, partition = '', , region = '', , kind] = arn.split(':')
  const host = Object.hasOwn(CONSOLES, partition) ? CONSOLES[partition] : undefined
  if (host === undefined || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) return null
  const start = `https://${region}.${host}/states/home?region=${region}#/`
  if (kind === 'execution') return `${start}v2/executions/details/${arn}`
  // They are kept in logs, which are looked through from then on.
  return kind === 'express' ? `${start}express-executions/details/${arn}?startDate=${startedMs}` : null
}
