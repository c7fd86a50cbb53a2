/**
 * What a project knows of its own machines, and the viewer does not. The pages around the viewer may provide it; without
 * that, and for everybody else's machines, the viewer says what it can say of any machine.
 */
import type { Component, InjectionKey, Ref } from 'vue'
import type { Waiting } from './run/waiting'
import type { About } from './source/shown'
import type { Chart, Run } from './types'

/** An execution, as far as it is read. */
export interface Looked {
  readonly arn: string
  readonly about: Readonly<Ref<About | undefined>>
  readonly run: Readonly<Ref<Run | undefined>>
  readonly chart: Readonly<Ref<Chart | undefined>>
  /** Looks now at what is new; after something was done to it. */
  readonly look: () => Promise<void>
}

/** What is awaited, in the project's words. */
export interface OwnWaiting {
  /** In a word or two for a badge. */
  readonly short: string
  /** Who can end it, and what happens if nobody does. */
  readonly words: string
  /** When it ends by itself; `null` for the viewer's own moment. */
  readonly untilMs: number | null
}

/** What a project knows of what can be done with an execution; `null` for what it knows no more of than the viewer. */
export interface OwnActions {
  /** Whether a redrive is of use, and why or why not, as a sentence. */
  readonly redrive: { readonly isOfUse: boolean; readonly words: string } | null
  /** What another execution with the same input does, as a sentence. */
  readonly start: string | null
  /** What becomes of it when it is stopped, as sentences. */
  readonly stop: readonly string[] | null
}

/** What a project says of one execution. Its sentences change as what they are made of does. */
export interface OwnExecution {
  /** What it does, or how it came out, in one sentence without a full stop. */
  readonly headline: (run: Run, nowMs: number | null) => string | null
  readonly waiting: (waiting: Waiting, run: Run, nowMs: number | null) => OwnWaiting | null
  /** What to do about something that is not told: a gap of the history, or why there is none. */
  readonly advice: (gap: string) => string | null
  /** What is asked before something is done to it. */
  readonly actions: (run: Run, nowMs: number | null) => OwnActions | null
  /** Below its headline: `{ run, chart, nowMs }`. */
  readonly Notes: Component
  /** Buttons of whoever can end what is awaited: `{ run, waiting }`. */
  readonly End: Component
  /** What is in a tab of its own, and what the tab says: `{ run, chart }`, emits `select(visit)` and `open(arn)`. */
  readonly tab: { readonly words: string; readonly Panel: Component } | null
  /** Below the panel of the chosen state: `{ run, visit }`. */
  readonly OfState: Component
}

/** Called where an execution's page begins, so that it may use what components use. `null` for what is not the project's. */
export type OwnMachines = (looked: Looked) => OwnExecution | null

export const OWN: InjectionKey<OwnMachines> = Symbol('what a project knows of its own machines')
