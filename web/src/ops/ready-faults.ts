/** Faults of this shop's own machines that are one click away, where those machines have the states that they strike. */
import type { Fault } from '../viewer/local/faults'
import { kindWords } from '../viewer/local/faults'
import { strikable } from '../viewer/local/strikes'
import type { Chart } from '../viewer/types'

/** A fault that is ready, but for the machine's whole name. */
interface Ready extends Omit<Fault, 'machine'> {
  /** How the machine's name ends. */
  readonly machine: string
  readonly title: string
  readonly says: string
  readonly protects: string
}

/** One that can be set here. */
export interface ReadyFault {
  readonly title: string
  readonly says: string
  readonly protects: string
  readonly fault: Fault
}

const READY: readonly Ready[] = [
  {
    title: 'The next charge is lost after it was made',
    machine: 'order',
    state: 'ChargePayment',
    deed: { kind: 'lose_answer' },
    times: 1,
    probability: 1,
    says: 'The provider charges the card, and the order does not hear of it. When its step’s time is over, it is made again.',
    protects: 'The step asks the provider before it charges, and finds its own charge: nobody is charged twice.',
  },
  {
    title: 'The charge step is slow',
    machine: 'order',
    state: 'ChargePayment',
    deed: { kind: 'delay', seconds: 20 },
    times: 5,
    probability: 1,
    says: 'The next five charges are asked for 20 seconds later.',
    protects: 'An order that is being paid cannot run out of time, so the hold waits for the charge.',
  },
  {
    title: 'A message is lost',
    machine: 'order',
    state: 'AwaitPayment',
    deed: { kind: 'lose_message' },
    times: 1,
    probability: 1,
    says: 'The next order believes that it has handed over its token, and nobody has it.',
    protects: 'The buyer can pay all the same. The reconciler wakes the order within a minute or two, or the hold’s own time limit ends the wait.',
  },
  {
    title: 'A message comes twice',
    machine: 'order',
    state: 'AwaitPayment',
    deed: { kind: 'double_message' },
    times: 1,
    probability: 1,
    says: 'The next order’s token is handed over twice.',
    protects: 'The same token of the same wait is kept again, which changes nothing.',
  },
]

/** A machine by name. */
export interface Named {
  readonly arn: string
  readonly name: string
}

/** Whether a machine may be the one: deployed under its name, or with the stack's before it. */
function mayBe({ name }: Named, wanted: string): boolean {
  return name === wanted || name.endsWith(`-${wanted}`)
}

/**
 * Those whose states are there.
 *
 * @param read a machine's chart by its ARN; `null` if it has none
 */
export async function readyFaults(machines: readonly Named[], read: (arn: string) => Promise<Chart | null>): Promise<ReadyFault[]> {
  const charts = new Map<string, Promise<Chart | null>>()
  const chartOf = (arn: string): Promise<Chart | null> => {
    const chart = charts.get(arn) ?? read(arn)
    charts.set(arn, chart)
    return chart
  }
  const found: ReadyFault[] = []
  for (const { title, says, protects, ...fault } of READY) {
    for (const machine of machines.filter((one) => mayBe(one, fault.machine))) {
      const chart = await chartOf(machine.arn)
      const state = chart === null ? undefined : strikable(chart).find(({ name }) => name === fault.state)
      if (state?.moments.includes(kindWords(fault.deed.kind).moment)) {
        found.push({ title, says, protects, fault: { ...fault, machine: machine.name } })
        break
      }
    }
  }
  return found
}
