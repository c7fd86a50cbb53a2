/** Where the states that a history names stand: from the chart, or, without one, from what the history shows. */
import { around, nameOf, placeIn } from '../chart/place'
import type { Chart, Place } from '../types'

/** A state that a history names. */
export interface Standing {
  readonly place: Place
  readonly parent: Place | null
  readonly flow: number
}

export class Places {
  /** By name; more than one only in definitions that no service takes. */
  readonly #byName = new Map<string, Standing[]>()
  readonly #branches = new Map<Place, string[]>()
  /** Names that the chart does not have. */
  readonly strange = new Set<string>()

  constructor(private readonly chart: Chart | null) {
    for (const place of chart?.states.keys() ?? []) this.#note(place)
  }

  /** Where a state of this name may stand by the chart. */
  named(name: string): readonly Standing[] {
    return this.#byName.get(name) ?? []
  }

  /** The place of a state that the chart does not have, or that is seen without a chart. */
  seen(parent: Place | null, flow: number, name: string): Standing {
    const place = placeIn(parent, flow, name)
    const known = this.named(name).find((standing) => standing.place === place)
    if (known !== undefined) return known
    if (this.chart !== null) this.strange.add(name)
    return this.#note(place)
  }

  /** Which branch begins with this state, without a chart: in the order in which they are seen. */
  branchOf(parent: Place, start: string): number {
    const starts = this.#branches.get(parent) ?? []
    this.#branches.set(parent, starts)
    const known = starts.indexOf(start)
    return known >= 0 ? known : starts.push(start) - 1
  }

  /** A literal error and cause of a Fail state. */
  failure(place: Place): { error: string | null; cause: string | null } {
    const definition = this.chart?.states.get(place)?.definition
    const literal = (value: unknown): string | null => (typeof value === 'string' && !value.trimStart().startsWith('{%') ? value : null)
    return { error: literal(definition?.['Error']), cause: literal(definition?.['Cause']) }
  }

  #note(place: Place): Standing {
    const outer = around(place)
    const standing = { place, parent: outer?.parent ?? null, flow: outer?.flow ?? 0 }
    const name = nameOf(place)
    const same = this.#byName.get(name)
    if (same === undefined) this.#byName.set(name, [standing])
    else same.push(standing)
    return standing
  }
}
