/** What is said of a machine. A test holds the names equal to those in `workflows/`. */
import type { Saying } from '../told'

export interface MachineWords {
  /** The state that it begins with: a stranger's machine of the same name begins otherwise. */
  readonly startAt: string
  /** What it does while it stands there, by the state's name; also of states within Map states. */
  readonly states: Readonly<Record<string, Saying>>
  /** How it came out, by the last state: of Succeed and Fail states, and of those that say `End`. */
  readonly ends: Readonly<Record<string, Saying>>
}
