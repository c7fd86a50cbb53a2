/**
 * Where things of the viewer stand. An ARN is always in the query: a name in it may have a dot, which in a path means a file,
 * and a map run's has a slash.
 */
import type { LocationQuery, RouteLocationRaw } from 'vue-router'
import { isObject } from './chart/json'

/** How many steps back are remembered. */
const TRAIL_MAX = 12

/** The executions that somebody came through, the outermost first. */
export function trailOf(query: LocationQuery): string[] {
  const said = query['through']
  return (Array.isArray(said) ? said : [said]).filter((arn): arn is string => typeof arn === 'string' && arn !== '').slice(-TRAIL_MAX)
}

/** An execution's page. @param through what somebody came through, the outermost first */
export function executionAt(arn: string, through: readonly string[] = []): RouteLocationRaw {
  // Going back up the way is no detour.
  const at = through.indexOf(arn)
  const trail = at < 0 ? through : through.slice(0, at)
  return { path: '/ops/execution', query: { arn, ...(trail.length > 0 && { through: trail.slice(-TRAIL_MAX) }) } }
}

/** The list of a map run's executions. */
export function mapRunAt(arn: string, through: readonly string[] = []): RouteLocationRaw {
  return { path: '/ops', query: { mapRun: arn, ...(through.length > 0 && { through: through.slice(-TRAIL_MAX) }) } }
}

/** Where an ARN's thing is shown. */
export function placeOfArn(arn: string, through: readonly string[] = []): RouteLocationRaw {
  return arn.includes(':mapRun:') ? mapRunAt(arn, through) : executionAt(arn, through)
}

/** `order · ord_1` of an execution's ARN, `import-products · its items` of a map run's. */
export function arnWords(arn: string): string {
  const [, , , , , kind, machine = arn, name] = arn.split(':')
  if (kind === 'mapRun') return `${machine.split('/')[0]} · items`
  return name === undefined ? machine : `${machine.split('/')[0]} · ${name}`
}

/** A number in an answer of AWS's, by the names of the members that lead to it; 0 where there is none. */
export function numberAt(value: unknown, ...names: readonly string[]): number {
  const found = names.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), value)
  return typeof found === 'number' ? found : 0
}
