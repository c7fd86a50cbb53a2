/** How the map runs of an execution fare, kept up to date while they go on. */
import { onScopeDispose, shallowReactive, watch } from 'vue'
import { usePoll } from '../../live/use-poll'
import type { ItemSource, MapRun } from '../types'

const LOOK_EVERY_MS = 3_000

/**
 * What could be read of them by now, by their ARNs. What could not is left out: their own list says why.
 *
 * @param wanted ARNs
 */
export function useMapRuns(source: () => ItemSource | undefined, wanted: () => readonly string[]): ReadonlyMap<string, MapRun> {
  const known = shallowReactive(new Map<string, MapRun>())
  let isLeft = false

  async function read(arn: string): Promise<void> {
    try {
      const run = await source()?.mapRun(arn)
      if (run !== undefined && !isLeft) known.set(arn, run)
    } catch {
      // It is asked for again as long as it is looked at.
    }
  }

  watch(
    () => wanted().filter((arn) => !known.has(arn)),
    (fresh) => {
      for (const arn of fresh) void read(arn)
    },
    { immediate: true },
  )
  const open = (): string[] => wanted().filter((arn) => known.get(arn)?.isRunning === true)
  usePoll(LOOK_EVERY_MS, () => open().length > 0, async () => void (await Promise.all(open().map(read))))
  onScopeDispose(() => {
    isLeft = true
  })
  return known
}
