/** The books of the order behind an execution, for whatever shows a part of them. */
import { inject, type InjectionKey, type Ref } from 'vue'
import type { Problem } from '../api/problem'
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

export function useBooks(): Books {
  const books = inject(BOOKS)
  if (books === undefined) throw new Error('There are no books around this.')
  return books
}
