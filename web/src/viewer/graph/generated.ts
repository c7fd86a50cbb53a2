/** Machines to try drawings with: many, different, and the same each time. For tests only. */

export interface Definition {
  StartAt: string
  States: Record<string, Record<string, unknown>>
}

/** Numbers from 0 to below 1 that look random and follow from the seed (mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const VERBS = ['Charge', 'Reserve', 'Release', 'Await', 'Ship', 'Lock', 'Notify', 'Refund', 'Count', 'Import', 'AskTheWholesaleMarketOnceMoreFor']
const NOUNS = ['Payment', 'Ticket', 'Ingredients', 'Order', 'Parcel', 'Supplier', 'Stock', 'Invoice', 'Products']

/** A machine of about so many states, with choices, loops, catchers, and Map and Parallel states within one another. */
export function generatedMachine(states: number, seed: number): Definition {
  return flowOf(states, 0, numbersFrom(seed))
}

function flowOf(budget: number, depth: number, next: () => number): Definition {
  const names: string[] = []
  const all: Definition['States'] = {}
  const among = <T>(things: readonly T[]): T => things[Math.floor(next() * things.length)] as T
  let left = budget
  while (left > 0) {
    const name = `${among(VERBS)}${among(NOUNS)}${names.length + 1}`
    names.push(name)
    left -= 1
    const dice = next()
    if (depth < 3 && left > 5 && dice < 0.22) {
      const inside = Math.min(left - 1, 2 + Math.floor(next() * (depth === 0 ? 12 : 5)))
      left -= inside
      all[name] = dice < 0.1 ? mapOf(inside, depth, next) : parallelOf(inside, depth, next)
    } else if (dice < 0.42) all[name] = { Type: 'Choice' }
    else if (dice < 0.5) all[name] = { Type: 'Wait', Seconds: 5 }
    else all[name] = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke' }
  }
  const isTop = depth === 0
  const failed = 'ItAllFailed'
  if (isTop) all[failed] = { Type: 'Fail' }
  names.forEach((name, place) => {
    const state = all[name] ?? {}
    const following = names[place + 1]
    const later = () => names[Math.min(names.length - 1, place + 1 + Math.floor(next() * 4))] ?? name
    if (state['Type'] === 'Choice') {
      if (following === undefined) {
        state['Type'] = 'Succeed'
        return
      }
      const back = names[Math.floor(next() * (place + 1))] ?? name
      state['Choices'] = [{ Condition: '{% $states.input.is_done %}', Next: later() }, { Condition: "{% $states.input.status = 'open' %}", Next: next() < 0.4 ? back : later() }]
      state['Default'] = following
      return
    }
    if (following === undefined) state['End'] = true
    else state['Next'] = following
    if (state['Type'] === 'Wait') return
    const catchers = []
    if (next() < 0.4) catchers.push({ ErrorEquals: ['TicketSold', 'NotFound'], Next: next() < 0.3 ? name : later() })
    if (isTop && next() < 0.6) catchers.push({ ErrorEquals: ['States.ALL'], Next: failed })
    if (catchers.length > 0) state['Catch'] = catchers
  })
  return { StartAt: names[0] ?? failed, States: all }
}

function mapOf(states: number, depth: number, next: () => number): Record<string, unknown> {
  const mode = next() < 0.4 ? 'DISTRIBUTED' : 'INLINE'
  return { Type: 'Map', MaxConcurrency: 40, ItemProcessor: { ProcessorConfig: { Mode: mode, ExecutionType: 'STANDARD' }, ...flowOf(states, depth + 1, next) } }
}

function parallelOf(states: number, depth: number, next: () => number): Record<string, unknown> {
  const branches = Math.min(states, 2 + Math.floor(next() * 3))
  const share = Math.max(1, Math.floor(states / branches))
  return { Type: 'Parallel', Branches: Array.from({ length: branches }, () => flowOf(share, depth + 1, next)) }
}
