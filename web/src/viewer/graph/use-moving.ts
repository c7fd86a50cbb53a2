/** Moving and enlarging a drawing: by wheel, by one finger or two, by mouse and by buttons. */
import { onBeforeUnmount, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { Box, Drawing, Point } from './drawing'
import { fitted, kept, opened, revealing, zoomed, type Size, type View } from './view'

/** One press of a button. */
const STEP = 1.25
/** A press that moves less is a click. */
const CLICK_PX = 4
/** How much one unit of a wheel enlarges. */
const WHEEL = 0.0015

export interface Moving {
  view: Readonly<ShallowRef<View>>
  /** Size of the window; nothing before it is known. */
  seen: Readonly<ShallowRef<Size>>
  /** Whether the last move was by a button or a key, and may glide. */
  glides: Readonly<ShallowRef<boolean>>
  nearer: () => void
  farther: () => void
  fit: () => void
  reveal: (box: Box) => void
  /** Puts a point of the drawing into the window's middle. */
  center: (point: Point) => void
  on: {
    wheel: (event: WheelEvent) => void
    pointerdown: (event: PointerEvent) => void
    pointermove: (event: PointerEvent) => void
    pointerup: (event: PointerEvent) => void
    pointercancel: (event: PointerEvent) => void
  }
  /** Whether the press that just ended moved the drawing, so that it is no click. */
  wasMoved: () => boolean
}

export function useMoving(frame: Readonly<Ref<HTMLElement | null>>, drawing: Readonly<ShallowRef<Drawing | undefined>>): Moving {
  const view = shallowRef<View>({ scale: 1, x: 0, y: 0 })
  const seen = shallowRef<Size>({ width: 0, height: 0 })
  const glides = shallowRef(false)
  const fingers = new Map<number, Point>()
  let movedPx = 0
  /** The drawing and window that the view was made for by itself; a view that somebody chose stays. */
  let openedFor: Drawing | undefined
  let isChosen = false

  const size = new ResizeObserver(([entry]) => {
    if (entry === undefined) return
    const { width, height } = entry.contentRect
    seen.value = { width, height }
  })
  watch(
    frame,
    (now, before) => {
      if (before) size.unobserve(before)
      if (now) size.observe(now)
    },
    { immediate: true },
  )
  onBeforeUnmount(() => size.disconnect())

  watch([drawing, seen], ([drawn, window]) => {
    if (drawn === undefined || window.width === 0) return
    if (openedFor === drawn && isChosen) view.value = kept(view.value, drawn, window)
    else {
      isChosen = isChosen && openedFor?.direction === drawn.direction
      if (!isChosen) view.value = opened(drawn, window, drawn.start?.dot ?? { x: 0, y: 0 })
    }
    openedFor = drawn
  })

  function choose(next: View, isGliding: boolean): void {
    if (drawing.value === undefined) return
    isChosen = true
    glides.value = isGliding
    view.value = kept(next, drawing.value, seen.value)
  }

  function byButton(factor: number): void {
    choose(zoomed(view.value, factor, { x: seen.value.width / 2, y: seen.value.height / 2 }), true)
  }

  function inFrame({ clientX, clientY }: MouseEvent): Point {
    const box = frame.value?.getBoundingClientRect()
    return { x: clientX - (box?.left ?? 0), y: clientY - (box?.top ?? 0) }
  }

  function wheel(event: WheelEvent): void {
    // A page is scrolled past a drawing, unless somebody is at work in it; pinching on a touchpad comes with `ctrlKey`.
    const isMeant = event.ctrlKey || event.metaKey || frame.value?.contains(document.activeElement) === true
    if (!isMeant) return
    event.preventDefault()
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1
    const pinch = event.ctrlKey ? 6 : 1
    choose(zoomed(view.value, Math.exp(-event.deltaY * lines * pinch * WHEEL), inFrame(event)), false)
  }

  function pointerdown(event: PointerEvent): void {
    if (event.pointerType === 'mouse' && event.button !== 0) return
    if (fingers.size === 0) movedPx = 0
    fingers.set(event.pointerId, inFrame(event))
  }

  function pointermove(event: PointerEvent): void {
    const before = fingers.get(event.pointerId)
    if (before === undefined) return
    const now = inFrame(event)
    movedPx += Math.hypot(now.x - before.x, now.y - before.y)
    if (movedPx < CLICK_PX) return
    // From here on it is a move, wherever it leads.
    if (frame.value?.hasPointerCapture(event.pointerId) === false) frame.value.setPointerCapture(event.pointerId)
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1]
    fingers.set(event.pointerId, now)
    if (other === undefined) {
      choose({ ...view.value, x: view.value.x + now.x - before.x, y: view.value.y + now.y - before.y }, false)
      return
    }
    const [apart, wereApart] = [now, before].map((point) => Math.hypot(point.x - other.x, point.y - other.y)) as [number, number]
    const [middle, wasMiddle] = [now, before].map((point) => ({ x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 })) as [Point, Point]
    const moved = { ...view.value, x: view.value.x + middle.x - wasMiddle.x, y: view.value.y + middle.y - wasMiddle.y }
    choose(wereApart < 1 ? moved : zoomed(moved, apart / wereApart, middle), false)
  }

  function pointerup(event: PointerEvent): void {
    fingers.delete(event.pointerId)
  }

  return {
    view,
    seen,
    glides,
    nearer: () => byButton(STEP),
    farther: () => byButton(1 / STEP),
    fit: () => drawing.value && choose(fitted(drawing.value, seen.value), true),
    reveal: (box) => {
      const next = revealing(view.value, box, seen.value)
      if (next !== view.value) choose(next, true)
    },
    center: ({ x, y }) => choose({ ...view.value, x: seen.value.width / 2 - x * view.value.scale, y: seen.value.height / 2 - y * view.value.scale }, false),
    on: { wheel, pointerdown, pointermove, pointerup, pointercancel: pointerup },
    wasMoved: () => movedPx >= CLICK_PX,
  }
}
