/**
 * The HTTP API, typed from docs/openapi.json. Every answer also tells the server's time.
 *
 * `ask` is for everything: it gives the data of an answer that is a success, and throws a {@link Problem} for all else.
 */
import createClient from 'openapi-fetch'
import { learnFromHeader, serverClock } from '../clock/server-clock'
import { problemOf, unreachable } from './problem'
import type { components, paths } from './schema'

/** The API's shapes by name. */
export type Shape<Name extends keyof components['schemas']> = components['schemas'][Name]

/** A little longer than the API gives itself (30 s), so that its own answer wins. */
const ANSWER_MAX_MS = 35_000

async function timedFetch(request: Request): Promise<Response> {
  serverClock.look()
  const sentMs = performance.now()
  const limit = AbortSignal.timeout(ANSWER_MAX_MS)
  const signal = AbortSignal.any([request.signal, limit])
  const response = await fetch(request, { signal, cache: 'no-store' })
  learnFromHeader(serverClock, response.headers.get('date'), sentMs, performance.now())
  return response
}

/** The calls, by method and path. Wrap them in {@link ask}. */
export const api = createClient<paths>({ baseUrl: '/', fetch: timedFetch })

/** What a call of {@link api} comes back with. */
interface Answered<Data> {
  readonly data?: Data
  readonly error?: unknown
  readonly response: Response
}

/**
 * The data of a successful answer.
 *
 * @throws Problem what the API refused, or that nothing answered; an aborted request throws its AbortError
 */
export async function ask<Data>(call: Promise<Answered<Data>>): Promise<Data> {
  let answered: Answered<Data>
  try {
    answered = await call
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown
    throw unreachable()
  }
  const { data, error, response } = answered
  if (!response.ok) throw problemOf(response, error)
  return data as Data
}
