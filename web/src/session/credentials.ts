/** What can be said of an address and a password before they are sent. The API decides; this only spares a round trip. */

/** Shortest password, characters. */
export const PASSWORD_MIN = 5
/** Longest. */
export const PASSWORD_MAX = 72

/** What is wrong with what was typed, by field; empty when nothing is. */
export interface CredentialProblems {
  email?: string
  password?: string
}

/** Looks at what was typed. */
export function problemsOf(email: string, password: string): CredentialProblems {
  const problems: CredentialProblems = {}
  if (email.trim() === '') problems.email = 'Type your e-mail address.'
  else if (!/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(email.trim()))
    problems.email = 'This is no e-mail address. One looks like ana@example.com.'
  const length = [...password].length
  if (length === 0) problems.password = 'Type your password.'
  else if (length < PASSWORD_MIN || length > PASSWORD_MAX)
    problems.password = `A password has ${PASSWORD_MIN} to ${PASSWORD_MAX} characters; this one has ${length}.`
  return problems
}
