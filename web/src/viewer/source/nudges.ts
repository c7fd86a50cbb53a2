/**
 * What tells the viewer from outside that executions have gone on. It needs none: alone it looks every so often. Where somebody
 * provides nudges and the server says that there are some, it looks when it is nudged, and otherwise more seldom.
 */
import { computed, inject, onScopeDispose, watch, type ComputedRef, type InjectionKey, type Ref } from 'vue'
import { Looks, type Plan } from './looks'

/**
 * Something went on.
 *
 * @param about what the executions that it concerns are called after or carry in their input; `null` when it may be any of them
 */
export type Nudged = (about: string | null) => void

/** Where nudges come from. */
export interface Nudges {
  /** They come. While they do not, nobody must rely on them. */
  readonly isConnected: Readonly<Ref<boolean>>
  /** @returns stops it */
  readonly listen: (nudged: Nudged) => () => void
}

/** Nudges of whatever surrounds the viewer; they are listened to where the server has the feature `live`. */
export const NUDGES: InjectionKey<Nudges> = Symbol('nudges')

/** The server that is asked, as far as it matters for how often. */
export interface Asked {
  /** An engine on this machine, which may be asked often. AWS throttles. */
  readonly isLocal: boolean
  readonly nudges: Nudges | null
}

/** Provided by whoever has asked which server this is. */
export const ASKED: InjectionKey<ComputedRef<Asked>> = Symbol('asked')

/** What a server's answer about itself means for what it is asked. */
export function askedOf(viewer: { isLocal: boolean; features: readonly string[] } | undefined, offered: Nudges | null): Asked {
  return { isLocal: viewer?.isLocal ?? false, nudges: viewer?.features.includes('live') === true ? offered : null }
}

/** How what is shown is kept up to date. */
export interface Freshness {
  /** Nudges come. */
  readonly isLive: boolean
  /** The pause between two looks, ms. */
  readonly everyMs: number
}

/** The pauses of one kind of page, ms. */
export interface Pauses {
  /** While nudges come. */
  readonly told: number
  readonly local: number
  readonly remote: number
  /** The shortest time between two looks, whatever is told. */
  readonly apart: { readonly local: number; readonly remote: number }
}

/**
 * Looks for as long as the page that calls this is there.
 *
 * @param pauses how often
 * @param plan when, and what
 * @param concerns whether this page shows anything of what a nudge is about
 */
export function useLooks(
  pauses: Pauses,
  plan: Pick<Plan, 'isGoingOn' | 'look'> & {
    /** What is waited for comes at any moment, and no nudge tells of it. */
    readonly isHurried?: () => boolean
  },
  concerns: (about: string) => boolean = () => true,
): ComputedRef<Freshness> {
  const asked = inject(ASKED, undefined)
  const { isLocal, nudges } = asked?.value ?? askedOf(undefined, null)
  const untold = isLocal ? pauses.local : pauses.remote
  const freshness = computed<Freshness>(() => {
    const isLive = nudges?.isConnected.value ?? false
    return { isLive, everyMs: isLive ? pauses.told : untold }
  })
  const looks = new Looks({
    ...plan,
    everyMs: () => (plan.isHurried?.() === true ? untold : freshness.value.everyMs),
    apartMs: () => (isLocal ? pauses.apart.local : pauses.apart.remote),
    isHidden: () => document.visibilityState === 'hidden',
  })
  const stopListening = nudges?.listen((about) => {
    if (about === null || concerns(about)) looks.tell()
  })
  const seen = () => {
    looks.arm()
  }
  document.addEventListener('visibilitychange', seen)
  watch(freshness, seen)
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', seen)
    stopListening?.()
    looks.stop()
  })
  return freshness
}
