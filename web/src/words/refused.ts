/** Why something could not be bought or changed, in the words of whoever stands before it: no ids, and what to do next. */
import { Problem } from '../api/problem'

const WORDS: Readonly<Record<string, readonly [title: string, detail: string]>> = {
  TicketAlreadyHeld: [
    'Somebody else was faster',
    'Another buyer holds this ticket just now. If they do not pay in time it is free again, and this page says so at once.',
  ],
  TicketHeldByYou: ['You hold this ticket already', 'Your own order holds it. Pay it there, or cancel it.'],
  TicketSold: ['This ticket is sold', 'Nothing was ordered or changed. There may be others like it.'],
  TicketChanged: ['The ticket was changed', 'It is not what you saw any more, so nothing was done. Look at it again and decide.'],
  TicketWasHeld: [
    'It cannot be withdrawn',
    'It was ordered before, so it has a history that is kept. It stays listed; you can still change its title and price.',
  ],
  TooManyHolds: [
    'You have too many unpaid orders',
    'Things can be held for you only a few orders at a time. Pay or cancel one of them, then come back.',
  ],
  ProductUnavailable: ['It cannot be had yet', 'Its seller has not said how many there are. Choose another product.'],
  ProductChanged: ['The product was changed', 'It is not what you saw any more, so nothing was ordered. Look at it again and decide.'],
  DeviceChanged: [
    'The device was changed elsewhere',
    'Another page has stored what it watches, so nothing was changed from here. Begin with what is stored now.',
  ],
  NotSignedIn: ['You are not signed in any more', 'Your session has ended, and nothing was done. Sign in, and you come back here.'],
}

/** The problem as this page tells it; what needs no other words is told in the API's own. */
export function refused(problem: Problem): Problem {
  const words = WORDS[problem.code]
  if (words === undefined) return problem
  const [title, detail] = words
  return new Problem(
    title,
    detail,
    problem.code,
    problem.status,
    problem.certainty,
    problem.isRetryable,
    problem.fields,
    problem.orderId,
    // An everyday refusal is nothing to look for in the logs.
    null,
    problem.retryAfterS,
  )
}
