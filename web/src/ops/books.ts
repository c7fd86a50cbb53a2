/** The books of the order behind an execution, for whatever shows a part of them. */
import { inject, type InjectionKey, type Ref } from 'vue'
import type { Problem } from '../api/problem'
import type { Run } from '../viewer/types'
import type { Machine } from './machines'
import type { Effects } from './told'

export interface Books {
  readonly arn: string
  readonly machine: Machine
  /** `undefined` before they are read, and where there is no order. */
  readonly effects: Readonly<Ref<Effects | undefined>>
  readonly problem: Readonly<Ref<Problem | null>>
  readonly isLoading: Readonly<Ref<boolean>>
  /** Whether there is an order behind this execution at all. */
  readonly hasOrder: boolean
  readonly reload: () => Promise<void>
  /** Something was done: books and history are read anew. */
  readonly changed: () => Promise<void>
}

export const BOOKS: InjectionKey<Books> = Symbol('the books of an order')

/** Ends of an order, in words. */
export const ENDS: Readonly<Record<string, string>> = {
  completed: 'completed',
  expired: 'expired',
  cancelled: 'cancelled',
  payment_failed: 'ended unpaid',
  refunded: 'refunded',
  unavailable: 'ended as unavailable',
}

/** Whether an execution ended otherwise than it should. */
export function isOverBadly({ status }: Pick<Run, 'status'>): boolean {
  return status === 'FAILED' || status === 'ABORTED' || status === 'TIMED_OUT'
}

/** Whether the books may change by themselves: somebody is still at work on the order, or will be. */
export function mayChange(run: Pick<Run, 'status'> | undefined, effects: Effects | undefined): boolean {
  if (run === undefined) return false
  if (run.status === 'RUNNING' || run.status === 'PENDING_REDRIVE') return true
  if (effects?.dueAt) return true
  return isOverBadly(run) && (effects === undefined || ENDS[effects.order.status] === undefined)
}

export function useBooks(): Books {
  const books = inject(BOOKS)
  if (books === undefined) throw new Error('There are no books around this.')
  return books
}
