/** A value in one line. */

const MOST = 160

export function shortOf(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text
}
