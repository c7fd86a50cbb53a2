/** Signs of types and fates, as SVG paths in a square of 20. A fate's shape tells it without its colour. */
import type { Fate, StateType } from '../types'

/** Drawn as lines. */
export const TYPE_SIGNS: Record<StateType, string> = {
  Task: 'M11.5 2.5 4.5 11.5H9.5L8.5 17.5 15.5 8.5H10.5Z',
  Choice: 'M10 2.5 17.5 10 10 17.5 2.5 10ZM10 7.5v3M10 13v.2',
  Wait: 'M10 2.8a7.2 7.2 0 1 0 0 14.4 7.2 7.2 0 0 0 0-14.4ZM10 6v4.2l2.8 1.8',
  Pass: 'M3 10h13M11.5 5.5 16 10l-4.5 4.5',
  Succeed: 'M3.5 10.5 8 15 16.5 5.5',
  Fail: 'M5 5 15 15M15 5 5 15',
  Parallel: 'M3 10h3.5M6.5 4.5h10M6.5 10h10M6.5 15.5h10M6.5 4.5v11',
  Map: 'M6 3h11v9H6ZM4.5 6H3v10.5h11V14',
}

export interface FateSign {
  /** The shape around, filled. */
  shape: string
  /** What stands in it, drawn as lines. */
  mark: string
}

const ROUND = 'M10 1a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z'

export const FATE_SIGNS: Record<Fate, FateSign> = {
  succeeded: { shape: ROUND, mark: 'M6 10.4 8.8 13.2 14 7.2' },
  failed: { shape: 'M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3Z', mark: 'M7 7l6 6M13 7l-6 6' },
  timedOut: { shape: 'M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3Z', mark: 'M10 5.5v4.7l3 2' },
  caught: { shape: 'M10 1 19.4 18.2H.6Z', mark: 'M10 7v5M10 14.8v.3' },
  aborted: { shape: 'M2 2h16v16H2Z', mark: 'M7 7h6v6H7Z' },
  waiting: { shape: ROUND, mark: 'M8 6.5v7M12 6.5v7' },
  running: { shape: ROUND, mark: 'M8 6.2 13.8 10 8 13.8Z' },
}
