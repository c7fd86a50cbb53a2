/** How many of what somebody has chosen, as text in an address, so that it survives signing in. */

/** `dsh_a~2.dsh_b~1`; what is chosen no times is left out. */
export function choiceText(choice: ReadonlyMap<string, number>): string {
  return [...choice]
    .filter(([, quantity]) => quantity > 0)
    .map(([id, quantity]) => `${id}~${quantity}`)
    .join('.')
}

/** The choice that an address carries; what is none in it is left out, and what is too many is as many as may be. */
export function choiceOf(text: unknown, most: number): Map<string, number> {
  const choice = new Map<string, number>()
  if (typeof text !== 'string') return choice
  for (const part of text.split('.')) {
    const match = /^(\w+)~(\d{1,4})$/.exec(part)
    const quantity = Math.min(most, Number(match?.[2] ?? 0))
    if (match?.[1] !== undefined && quantity > 0) choice.set(match[1], quantity)
  }
  return choice
}
