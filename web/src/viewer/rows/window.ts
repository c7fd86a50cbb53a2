/** Which rows of a long list are in sight. Rows have one height; those that are open have a block below them. */

/** A row that is open. */
export interface Block {
  index: number
  /** Of what is below the row, in pixels. */
  height: number
}

/** How far below the list's beginning a row begins, in pixels. `height` is that of a row. */
export function offsetOf(index: number, height: number, open: readonly Block[]): number {
  return open.reduce((sum, block) => (block.index < index ? sum + block.height : sum), index * height)
}

/** The row at so many pixels below the beginning; a block belongs to the row above it. */
export function rowAt(offset: number, count: number, rowHeight: number, open: readonly Block[]): number {
  let low = 0
  let high = Math.max(0, count - 1)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (offsetOf(middle, rowHeight, open) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** Rows from `from` up to, and without, `to`. */
export interface RowWindow {
  from: number
  to: number
}

/** The rows in sight, and some on both sides so that nothing is bare while one scrolls. */
export function rowsInSight(top: number, height: number, count: number, rowHeight: number, open: readonly Block[], spare = 8): RowWindow {
  if (count === 0) return { from: 0, to: 0 }
  return {
    from: Math.max(0, rowAt(top, count, rowHeight, open) - spare),
    to: Math.min(count, rowAt(top + height, count, rowHeight, open) + 1 + spare),
  }
}

/** Where to scroll so that a row, with its block if it is open, is in sight; the place where one is if it is already. */
export function scrollTo(index: number, top: number, height: number, rowHeight: number, open: readonly Block[]): number {
  const begin = offsetOf(index, rowHeight, open)
  const size = rowHeight + (open.find((block) => block.index === index)?.height ?? 0)
  if (begin < top || size > height) return begin
  return begin + size > top + height ? begin + size - height : top
}
