/** Rows of a long list that are drawn: those in sight of a frame that scrolls. */
import { computed, onBeforeUnmount, ref, watch, type ComputedRef, type Ref } from 'vue'
import { offsetOf, rowsInSight, scrollTo, type Block, type RowWindow } from './window'

export interface SeenWindow {
  seen: ComputedRef<RowWindow>
  rowHeight: ComputedRef<number>
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
 * @param heightAt how high a row is in a frame of this width, in pixels
 * @param head pixels at the frame's top that something stays on
 */
export function useWindow(frame: Readonly<Ref<HTMLElement | null>>, count: () => number, heightAt: (width: number) => number, open: () => readonly Block[] = () => [], head = 0): SeenWindow {
  const top = ref(0)
  const height = ref(600)
  const width = ref(0)
  const rowHeight = computed(() => heightAt(width.value))
  let observer: ResizeObserver | undefined

  function scrolled(): void {
    top.value = frame.value?.scrollTop ?? 0
  }

  function measure(): void {
    height.value = frame.value?.clientHeight ?? 0
    width.value = frame.value?.clientWidth ?? 0
    scrolled()
  }

  watch(
    frame,
    (now, before) => {
      before?.removeEventListener('scroll', scrolled)
      observer?.disconnect()
      if (now === null) return
      now.addEventListener('scroll', scrolled, { passive: true })
      observer = new ResizeObserver(measure)
      observer.observe(now)
      // At once: what is to be seen first is scrolled to before the observer tells.
      measure()
    },
    { flush: 'post', immediate: true },
  )
  onBeforeUnmount(() => {
    frame.value?.removeEventListener('scroll', scrolled)
    observer?.disconnect()
  })

  // Where rows become higher or lower, the same ones stay in sight.
  watch(
    rowHeight,
    (now, before) => {
      if (frame.value !== null && frame.value.scrollTop > 0) frame.value.scrollTop *= now / before
      scrolled()
    },
    { flush: 'post' },
  )

  const total = computed(() => offsetOf(count(), rowHeight.value, open()))
  return {
    seen: computed(() => rowsInSight(Math.min(top.value, Math.max(0, total.value - height.value)), height.value, count(), rowHeight.value, open())),
    rowHeight,
    total,
    width,
    offset: (index) => offsetOf(index, rowHeight.value, open()),
    reveal(index) {
      const element = frame.value
      if (element === null || index < 0) return
      // What is to be seen may have been made in this very moment: the list must be as high as it will be.
      const room = element.clientHeight - head
      if (room > 0) element.scrollTop = scrollTo(index, element.scrollTop, room, rowHeight.value, open())
      scrolled()
    },
  }
}
