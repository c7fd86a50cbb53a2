/** The operations pages that there are, by what the server can do. */

/** A page of operations. */
export interface Way {
  readonly to: string
  readonly words: string
  /** Paths of pages that belong to it. */
  readonly has: readonly string[]
}

/** What an engine on one's own machine can do besides. */
export const LOCAL_FEATURES = ['clock', 'faults', 'conditions']

/**
 * The pages that make sense here.
 *
 * @param hasShop whether there is a shop around them, with books that must add up
 */
export function waysOf(features: readonly string[], hasShop: boolean): Way[] {
  return [
    { to: '/ops', words: 'Executions', has: ['/ops', '/ops/execution', '/ops/compare'] },
    ...(features.includes('queues') ? [{ to: '/ops/queues', words: 'Queues', has: ['/ops/queues'] }] : []),
    ...(hasShop ? [{ to: '/reports/conservation', words: 'Conservation', has: ['/reports/conservation'] }] : []),
    ...(LOCAL_FEATURES.some((feature) => features.includes(feature)) ? [{ to: '/ops/local', words: 'This machine', has: ['/ops/local'] }] : []),
    { to: '/ops/open', words: 'Open a file', has: ['/ops/open'] },
  ]
}
