/** A list of watches that is being changed: the drafts, and what is wrong with them once somebody wanted to send them. */
import { ref, shallowRef, type Ref } from 'vue'
import { watchOf, type Watch, type WatchDraft, type WatchWrong } from '../words/device'

/** What a form with a `WatchesEditor` needs. */
export interface Watches {
  readonly drafts: Ref<WatchDraft[]>
  readonly wrong: Ref<ReadonlyMap<string, WatchWrong>>
  /** The watches as they can be sent; undefined when something is wrong, which is then shown. */
  readonly checked: (currency: string) => Watch[] | undefined
}

/** Begins with nothing. */
export function useWatches(): Watches {
  const drafts = ref<WatchDraft[]>([])
  const wrong = shallowRef<ReadonlyMap<string, WatchWrong>>(new Map())
  return {
    drafts,
    wrong,
    checked: (currency) => {
      const watches: Watch[] = []
      const found = new Map<string, WatchWrong>()
      for (const draft of drafts.value) {
        const checked = watchOf(draft, currency)
        if ('wrong' in checked) found.set(draft.productId, checked.wrong)
        else watches.push(checked.watch)
      }
      wrong.value = found
      return found.size > 0 ? undefined : watches
    },
  }
}
