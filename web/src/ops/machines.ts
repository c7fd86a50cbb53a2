/** Which executions are of our own machines, by their names, and what they are about, by theirs. */

/** Our machines, as their files in `workflows/` are called. */
export const MACHINES = ['hold-order', 'order', 'deliver-product', 'supply-ingredient', 'refund-order', 'import-products'] as const
export type Machine = (typeof MACHINES)[number]

/**
 * Which of ours a deployed machine is: `holdfast-hold-order` and `my-order-hold-order-dev` are `hold-order`. A name alone may
 * be a stranger's; see `isOurs` in `words.ts`.
 */
export function machineOf(deployed: string): Machine | null {
  const fits = MACHINES.filter((name) => new RegExp(`(^|[-_.])${name}([-_.][A-Za-z0-9]+)?$`).test(deployed))
  return fits.sort((one, other) => other.length - one.length)[0] ?? null
}

/** The machine's name in an execution's ARN, and the execution's. */
export function namesIn(arn: string): { readonly machine: string; readonly execution: string } {
  const [, , , , , , machine = '', execution = ''] = arn.split(':')
  return { machine, execution }
}

/** Whether an execution is called after an order or a supply request: then it is known for which order it works. */
export function isOfAnOrder(arn: string): boolean {
  return /^(ord|sup)_[0-9a-z]{26}(-|$)/.test(namesIn(arn).execution)
}
