/** Rows of a long list that are drawn: those in sight of a frame that scrolls. */
import { computed, onBeforeUnmount, ref, watch, type ComputedRef, type Ref } from 'vue'
import { offsetOf, rowsInSight, scrollTo, type Block, type RowWindow } from './window'

export interface SeenWindow {
  seen: ComputedRef<RowWindow>
  /** The whole list's height in pixels. */
  total: ComputedRef<number>
  /** The frame's width in pixels; 0 before it is known. */
  width: Readonly<Ref<number>>
  offset: (index: number) => number
  /** Scrolls until a row is in sight. */
  reveal: (index: number) => void
}

/**
 * @param frame what scrolls
 * @param head pixels at the frame's top that something stays on
 */
export function useWindow(frame: Readonly<Ref<HTMLElement | null>>, count: () => number, rowHeight: () => number, open: () => readonly Block[] = () => [], head = 0): SeenWindow {
  const top = ref(0)
  const height = ref(600)
  const width = ref(0)
  let observer: ResizeObserver | undefined

  function scrolled(): void {
    top.value = frame.value?.scrollTop ?? 0
  }

  watch(
    frame,
    (now, before) => {
      before?.removeEventListener('scroll', scrolled)
      observer?.disconnect()
      if (now === null) return
      now.addEventListener('scroll', scrolled, { passive: true })
      observer = new ResizeObserver(() => {
        height.value = now.clientHeight
        width.value = now.clientWidth
        scrolled()
      })
      observer.observe(now)
    },
    { flush: 'post', immediate: true },
  )
  onBeforeUnmount(() => {
    frame.value?.removeEventListener('scroll', scrolled)
    observer?.disconnect()
  })

  const total = computed(() => offsetOf(count(), rowHeight(), open()))
  return {
    seen: computed(() => rowsInSight(Math.min(top.value, Math.max(0, total.value - height.value)), height.value, count(), rowHeight(), open())),
    total,
    width,
    offset: (index) => offsetOf(index, rowHeight(), open()),
    reveal(index) {
      const element = frame.value
      if (element === null || index < 0) return
      // What is to be seen may have been made in this very moment: the list must be as high as it will be.
      const room = element.clientHeight - head
      if (room > 0) element.scrollTop = scrollTo(index, element.scrollTop, room, rowHeight(), open())
      scrolled()
    },
  }
}
