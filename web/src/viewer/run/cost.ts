/** What one execution cost, as far as its history tells. */
import type { Run } from '../types'
import { detailsOf } from './event'
import { retriesOf } from './picked'

export interface Cost {
  /** State transitions as they are billed for Standard executions: every state entered, every retry, every redrive. */
  transitions: number
  retries: number
  redrives: number
  /** Functions that this execution called; not those that were called by its children. */
  lambdaInvocations: number
  /** Other calls of services. */
  otherCalls: number
  /** Whether parts of the history are missing, so that it was more. */
  isAtLeast: boolean
}

export function costOf(run: Run): Cost {
  const cost: Cost = { transitions: 0, retries: 0, redrives: run.redrivenMs.length, lambdaInvocations: 0, otherCalls: 0, isAtLeast: false }
  let last = 0
  for (const event of run.events) {
    if (event.id !== last + 1) cost.isAtLeast = true
    last = event.id
    if (event.type.endsWith('StateEntered')) cost.transitions += 1
    else if (event.type === 'LambdaFunctionStarted') cost.lambdaInvocations += 1
    else if (event.type === 'TaskStarted') {
      const service = detailsOf(event)['resourceType']
      if (service === 'lambda' || service === 'aws-sdk:lambda') cost.lambdaInvocations += 1
      else cost.otherCalls += 1
    }
  }
  for (const visit of run.visits) cost.retries += retriesOf(visit, run)
  cost.transitions += cost.retries + cost.redrives
  return cost
}
