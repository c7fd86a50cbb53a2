/** One side of a comparison: an execution of the account, or a history from a file. */
import { computed, ref, shallowRef } from 'vue'
import { isFileName, openedAs } from './opened'
import { useExecution, type ShownExecution } from './use-execution'

/** @param name an ARN, or the name of an opened file, which must be known */
export function useSide(name: string): ShownExecution {
  if (!isFileName(name)) return useExecution(name)
  const opened = openedAs(name)
  const nothing = async (): Promise<void> => {}
  return {
    about: shallowRef(opened?.about),
    run: shallowRef(opened?.run),
    chart: computed(() => opened?.chart),
    isReading: ref(false),
    problem: shallowRef(null),
    reload: nothing,
    look: nothing,
  }
}
