/** Money as people read it. Amounts are integers in minor units everywhere else. */

/** How many decimals a currency has: 2 for dollars, 0 for yen. */
export function decimalsOf(currency: string): number {
  return format(currency).resolvedOptions().maximumFractionDigits ?? 2
}

/** An amount in minor units as text, e.g. `$12.50`. */
export function money(minor: number, currency: string): string {
  return format(currency).format(minor / 10 ** decimalsOf(currency))
}

/**
 * What somebody typed as minor units, or undefined if it is no amount. Decimals beyond the currency's are no amount:
 * nobody should pay what they did not type.
 */
export function minorOf(typed: string, currency: string): number | undefined {
  const decimals = decimalsOf(currency)
  const parts = /^(\d{1,9})(?:[.,](\d+))?$/.exec(typed.trim())
  if (parts === null) return undefined
  const fraction = parts[2] ?? ''
  if (fraction.length > decimals) return undefined
  return Number(parts[1]) * 10 ** decimals + Number(fraction.padEnd(decimals, '0') || '0')
}

/** An amount in minor units as somebody would type it, e.g. `12.50`. */
export function typedOf(minor: number, currency: string): string {
  const decimals = decimalsOf(currency)
  return (minor / 10 ** decimals).toFixed(decimals)
}

const formats = new Map<string, Intl.NumberFormat>()

function format(currency: string): Intl.NumberFormat {
  let known = formats.get(currency)
  if (known === undefined) {
    known = new Intl.NumberFormat('en', { style: 'currency', currency: currency.toUpperCase() })
    formats.set(currency, known)
  }
  return known
}
