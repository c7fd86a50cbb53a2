/**
 * What went wrong, in the shape that a page shows: either the API's own problem document (RFC 9457), or that nothing
 * answered. A page never shows success before the API said so, and never shows a failure without a sentence.
 */
import type { components } from './schema'

type ProblemBody = components['schemas']['ProblemBody']

/** Whether the request may have had an effect. */
export type Certainty =
  /** The API refused it: nothing was changed. */
  | 'refused'
  /** No answer, or one that says nothing about the outcome: it may have been carried out. */
  | 'unknown'

/** One field that the API did not accept. */
export interface FieldProblem {
  readonly field: string
  readonly message: string
}

/** A failed request. */
export class Problem extends Error {
  constructor(
    /** What happened, in a few words. */
    readonly title: string,
    /** What happened this time, and what to do next. */
    readonly detail: string,
    /** The refusal's name, or `Unreachable`. */
    readonly code: string,
    /** The HTTP status; 0 when nothing answered. */
    readonly status: number,
    readonly certainty: Certainty,
    /** Whether the same again can make sense. */
    readonly isRetryable: boolean,
    readonly fields: readonly FieldProblem[] = [],
    /** The order that it is about. */
    readonly orderId: string | null = null,
    /** Tells this request apart in the logs. */
    readonly requestId: string | null = null,
    /** How long to wait before the next try, seconds, if the API said so. */
    readonly retryAfterS: number | null = null,
  ) {
    super(detail)
    this.name = 'Problem'
  }

  /** What is wrong with a field, if anything. */
  of(field: string): string | undefined {
    return this.fields.find((problem) => problem.field === field)?.message
  }
}

/** Who answers these pages, in the words of a person. */
const SHOP = { name: 'shop', look: 'Check your connection', keeper: 'tell whoever runs the shop' }
const VIEWER = { name: 'viewer', look: 'See whether it still runs where it was started', keeper: 'start the viewer again' }
let server = SHOP

/** From now on: these pages are served by the viewer alone, and there is no shop to speak of. */
export function servedAlone(): void {
  server = VIEWER
}

/**
 * Nothing answered: no network, or the server is down. In the words of a reading, for whoever reads them: only some pages
 * try again by themselves.
 */
export function unreachable(): Problem {
  return new Problem(
    `The ${server.name} does not answer`,
    `Nothing was heard from the ${server.name}. ${server.look}, then try again.`,
    'Unreachable',
    0,
    'unknown',
    true,
  )
}

/**
 * A problem of something that somebody did. A page does not do it again by itself for long, so where no answer says what
 * became of it, whoever pressed the button is told that they may press it again.
 */
export function ofDoing(problem: Problem): Problem {
  const isUnheard = problem.code === 'Unreachable'
  if (!isUnheard && !(problem.code === 'Unexplained' && problem.certainty === 'unknown')) return problem
  const happened = isUnheard
    ? `Nothing was heard from the ${server.name}`
    : `It answered with status ${problem.status} and no explanation`
  return new Problem(
    problem.title,
    `${happened}, so it may have been done or not. Press again in a moment: it is never done twice.`,
    problem.code,
    problem.status,
    problem.certainty,
    problem.isRetryable,
    problem.fields,
    problem.orderId,
    problem.requestId,
    problem.retryAfterS,
  )
}

/** What an answer that is no success says about whether the request was carried out. */
function certaintyOf(status: number, body: unknown): Certainty {
  // Above 499, and for 408, nothing is said.
  if (status >= 500 || status === 408) return 'unknown'
  // The request itself was sent before, and is still being worked on: what becomes of it is told to whoever asks later.
  if (isProblemBody(body) && body.code === 'RequestInFlight') return 'unknown'
  return 'refused'
}

/** The API's answer as a problem; an answer that is no problem document (a gateway's own) gets plain words. */
export function problemOf(response: Response, body: unknown): Problem {
  const certainty = certaintyOf(response.status, body)
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfterS = Number.isFinite(retryAfter) && retryAfter >= 0 ? retryAfter : null
  if (isProblemBody(body)) {
    return new Problem(
      body.title,
      body.detail,
      body.code,
      response.status,
      certainty,
      body.retryable,
      body.errors ?? [],
      body.orderId ?? null,
      body.requestId ?? null,
      retryAfterS,
    )
  }
  if (certainty === 'unknown') {
    return new Problem(
      `The ${server.name} is busy`,
      `It answered with status ${response.status} and no explanation. Try again in a moment.`,
      'Unexplained',
      response.status,
      certainty,
      true,
      [],
      null,
      null,
      retryAfterS,
    )
  }
  return new Problem(
    `The ${server.name} did not accept this`,
    `It answered with status ${response.status} and no explanation.`,
    'Unexplained',
    response.status,
    certainty,
    false,
  )
}

/** Whatever was thrown, as a problem: what is none is a fault of this page. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  return new Problem(
    'This page made a mistake',
    `Something in this page went wrong. Reload it and see how things stand; if that does not help, ${server.keeper}.`,
    'PageDefect',
    0,
    'unknown',
    false,
  )
}

function isProblemBody(body: unknown): body is ProblemBody {
  if (typeof body !== 'object' || body === null) return false
  const fields = body as Record<string, unknown>
  return typeof fields['title'] === 'string' && typeof fields['detail'] === 'string' && typeof fields['code'] === 'string'
}
