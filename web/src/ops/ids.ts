/** Ids of this shop, as they stand in messages and in the names of executions. */

/** What an id is called after, by how it begins (crates/domain/src/ids.rs). */
const KINDS: Readonly<Record<string, string>> = { ord: 'Order', sup: 'Supply request', usr: 'User', tkt: 'Ticket', prd: 'Product', dev: 'Device' }

/** `Order ord_1…` as a link says it; `null` for an id that is not one of ours. */
export function idWords(id: string): string | null {
  const kind = /^([a-z]{3})_[0-9a-z]{26}$/.exec(id)?.[1]
  return kind !== undefined && Object.hasOwn(KINDS, kind) ? `${KINDS[kind]} ${id}` : null
}
