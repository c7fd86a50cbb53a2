/** Which rows of a long list are in sight. Rows have one height; those that are open have a block of another one below them. */

export interface Heights {
  /** In pixels. */
  row: number
  /** Of what an open row has below it. */
  block: number
}

/** How far below the list's beginning a row begins. `open` has the open rows' indexes in order. */
export function offsetOf(index: number, { row, block }: Heights, open: readonly number[]): number {
  return index * row + countBelow(open, index) * block
}

/** The row at so many pixels below the beginning; a block belongs to the row above it. */
export function rowAt(offset: number, count: number, heights: Heights, open: readonly number[]): number {
  let low = 0
  let high = Math.max(0, count - 1)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (offsetOf(middle, heights, open) <= offset) low = middle
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
export function rowsInSight(top: number, height: number, count: number, heights: Heights, open: readonly number[], spare = 8): RowWindow {
  if (count === 0) return { from: 0, to: 0 }
  return {
    from: Math.max(0, rowAt(top, count, heights, open) - spare),
    to: Math.min(count, rowAt(top + height, count, heights, open) + 1 + spare),
  }
}

/** Where to scroll so that a row, with its block if it is open, is in sight; the place where one is if it is already. */
export function scrollTo(index: number, top: number, height: number, heights: Heights, open: readonly number[]): number {
  const begin = offsetOf(index, heights, open)
  const size = heights.row + (open.includes(index) ? heights.block : 0)
  if (begin < top || size > height) return begin
  return begin + size > top + height ? begin + size - height : top
}

/** How many numbers of an ordered list are below a limit. */
function countBelow(list: readonly number[], limit: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((list[middle] ?? 0) < limit) low = middle + 1
    else high = middle
  }
  return low
}
