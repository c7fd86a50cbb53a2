/**
 * What the viewer's rooms tell each other: a machine as a chart, and one run of it.
 *
 * Histories and definitions come in AWS's own shape; `chart/` and `run/` turn them into these, and everything that is drawn
 * is drawn from these. Nothing here knows whose machines they are.
 */

/**
 * A state's place in its definition, unique in the machine: `/Gather`, and within a Parallel state's first branch or a Map
 * state's body `/Gather#0/BuyFromMarket`.
 */
export type Place = string

export type StateType = 'Pass' | 'Task' | 'Choice' | 'Wait' | 'Succeed' | 'Fail' | 'Parallel' | 'Map'

/** One state of a definition. */
export interface ChartState {
  place: Place
  name: string
  type: StateType
  /** Whom a Task asks, shortened for people: `lambda:invoke charge-payment`. */
  resource: string | null
  comment: string | null
  /** The Map or Parallel state around it. */
  parent: Place | null
  /** The bodies of a Parallel or Map state, in the definition's order; empty for all others. */
  flows: ChartFlow[]
  /** A Map state whose iterations are executions of their own. */
  isDistributed: boolean
  /** The state as the definition has it. */
  definition: Record<string, unknown>
}

/** States that follow one another: the machine's own, a branch, or the body of a Map. */
export interface ChartFlow {
  start: Place | null
  /** In the definition's order. */
  states: Place[]
  edges: ChartEdge[]
}

export interface ChartEdge {
  from: Place
  to: Place
  /** There is one edge for each `from`, `to` and `kind`: two rules that lead to the same state are one, with both labels. */
  kind: 'next' | 'choice' | 'default' | 'catch'
  /** A choice's condition or a catcher's errors in short; empty for `next`. */
  label: string
}

/** Something in a definition that cannot be drawn as it stands. */
export interface ChartProblem {
  /** What is wrong, as a sentence. */
  problem: string
  /** Where: a state's place, `States.Pay.Choices[0]` within the JSON, or `line 3, column 7`; empty for the whole. */
  place: string
}

/** A whole definition. */
export interface Chart {
  comment: string | null
  flow: ChartFlow
  states: Map<Place, ChartState>
  /** The execution's own time limit in seconds, if it has one. */
  timeoutS: number | null
  /** What was left out or is drawn otherwise than it says; empty for every definition that a service has accepted. */
  problems: ChartProblem[]
}

/** How a state fared. `caught`: it failed, and a catcher led on. */
export type Fate = 'running' | 'waiting' | 'succeeded' | 'failed' | 'caught' | 'timedOut' | 'aborted'

/** JSON text as the history has it; `null` where the history leaves it out. */
export type JsonText = string | null

/** One try at a state's work. */
export interface Attempt {
  /** From 0. */
  number: number
  beganMs: number
  /** `null` while it is under way. */
  endedMs: number | null
  /** The pause before the next try lies between one's end and the next one's beginning. */
  fate: 'running' | 'succeeded' | 'failed' | 'timedOut' | 'aborted'
  error: string | null
  cause: string | null
  /** What was asked, and what came back. */
  asked: JsonText
  answered: JsonText
}

/** One time a state was entered. */
export interface Visit {
  /** Unique in the run: the id of the event that entered it; below 0 if that event is not in the history. */
  id: number
  place: Place
  /** The visit of the Map or Parallel state around it. */
  parent: number | null
  /** The visit that led to it, within the same flow; `null` for the first. */
  cameFrom: number | null
  /** Which iteration of each Map around it, from the outside in; -1 where the history does not tell. */
  iterations: number[]
  enteredMs: number
  /** `null` while it is there. */
  leftMs: number | null
  fate: Fate
  input: JsonText
  output: JsonText
  /** Variables assigned on leaving it, as JSON text by name. */
  assigned: Record<string, string>
  attempts: Attempt[]
  error: string | null
  cause: string | null
  /** Ids of all its events, in order. */
  events: number[]
  /** The execution that it started, if it did. */
  childArn: string | null
  /** The map run that it started, if it did. */
  mapRunArn: string | null
  /** Iterations of a Map state, as far as the history tells: how many there are, and how each fared. */
  iterationFates: Fate[]
}

export type RunStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE'

/** One event, as far as everybody needs it; `raw` is AWS's. */
export interface RunEvent {
  id: number
  previousId: number
  atMs: number
  type: string
  /** The visit it belongs to; `null` for the execution's own. */
  visit: number | null
  raw: Record<string, unknown>
}

/** One execution, as its history tells it. */
export interface Run {
  status: RunStatus
  startedMs: number
  /** `null` while it runs. */
  endedMs: number | null
  /** When it was redriven, in order. */
  redrivenMs: number[]
  error: string | null
  cause: string | null
  input: JsonText
  output: JsonText
  /** In the order of entering. */
  visits: Visit[]
  events: RunEvent[]
  /** Edges that were taken, as `from\nto`. */
  taken: Set<string>
  /** What the history does not tell, in words for a person; empty if it is whole. */
  gaps: string[]
}

/** What the graph shows of one state: of its newest visit, or of the iteration that was picked. */
export interface StateLook {
  fate: Fate
  /** Tries beyond the first. */
  retries: number
  /** How often it was entered. */
  visits: number
  /** Where iterations are looked at together: how many of them fared how. `fate` is that of the worst. */
  counts?: Readonly<Partial<Record<Fate, number>>>
}

/** A line that a function wrote. */
export interface LogLine {
  atMs: number
  text: string
  /** Which function's; `null` if that is not told. */
  function: string | null
  requestId: string | null
}

/** Lines of a time, oldest first. */
export interface Logs {
  lines: LogLine[]
  /** Where those after these begin; `null` if these are all. */
  next: string | null
  /** Why there are none, as a sentence; `null` if that is simply so. */
  missing: string | null
}

/** Where log lines come from. */
export interface LogSource {
  /**
   * Lines of a function, or of all functions of the machine; of a time in milliseconds since 1970. `text` narrows them to
   * whole invocations that mention it, `cursor` goes on where lines of the same question ended. Rejects with a `Problem`.
   */
  logs(fn: string | null, fromMs: number, toMs: number, text?: string, cursor?: string): Promise<Logs>
}

/** Another execution, to be shown within the one that started it. */
export interface Child {
  run: Run
  chart: Chart
}

/** One of the executions of a map run, as a list tells of it. */
export interface Item {
  arn: string
  name: string
  fate: Fate
  startedMs: number
  /** `null` while it runs. */
  endedMs: number | null
  error: string | null
  /** The state that failed in it. */
  failedState: string | null
}

/** How the items of a map run fare. */
export interface MapRun {
  arn: string
  isRunning: boolean
  total: number
  pending: number
  running: number
  succeeded: number
  failed: number
  timedOut: number
  aborted: number
}

/** Where the items of distributed maps are. Rejects with a `Problem`. */
export interface ItemSource {
  mapRun(arn: string): Promise<MapRun>
  /** Some of them, the newest first. @param isBadOnly only those that failed, timed out or were stopped */
  items(mapRun: string, isBadOnly: boolean, cursor: string | undefined): Promise<{ items: Item[]; next: string | undefined }>
}
