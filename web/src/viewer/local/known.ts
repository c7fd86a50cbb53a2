/** What was last heard of this machine's clock and faults, for whatever shows it on several pages. */
import { shallowRef } from 'vue'
import type { Clock, Faults } from './calls'

/** Undefined where nobody has asked yet, or it is not there. */
export const knownClock = shallowRef<Clock>()
export const knownFaults = shallowRef<Faults>()
