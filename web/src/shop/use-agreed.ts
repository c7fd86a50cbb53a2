/**
 * What a buyer saw and agrees to, of a thing that can move while they look. When title or price move, both are shown
 * and the buyer is asked again; for a moment the new price cannot be clicked, because a click on its way was meant for
 * the old one.
 */
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'

/** Long enough to see that something has changed. */
const SETTLE_MS = 1_000

/** @param latest the thing as it was read last */
export function useAgreed<Thing extends { readonly title: string; readonly priceMinor: number }>(latest: Ref<Thing | undefined>) {
  const seen = shallowRef<Thing>()
  const isSettling = ref(false)
  const isOther = computed(() => differ(latest.value, seen.value))
  let timer: ReturnType<typeof setTimeout> | undefined

  watch(latest, (thing, before) => {
    if (thing === undefined) return
    if (!isOther.value) {
      // The first, or the same to a buyer under another version.
      seen.value = thing
    } else if (differ(thing, before)) {
      isSettling.value = true
      clearTimeout(timer)
      timer = setTimeout(() => {
        isSettling.value = false
      }, SETTLE_MS)
    }
  })
  onScopeDispose(() => {
    clearTimeout(timer)
  })

  return {
    /** As the buyer saw it; undefined before the first reading. */
    seen,
    /** It is another to a buyer by now. */
    isOther,
    /** It has just become another: nothing can be agreed to yet. */
    isSettling,
    /** The buyer agrees to it as it is now. */
    agree: () => {
      seen.value = latest.value
    },
  }

  function differ(one: Thing | undefined, other: Thing | undefined): boolean {
    return one !== undefined && other !== undefined && (one.priceMinor !== other.priceMinor || one.title !== other.title)
  }
}
