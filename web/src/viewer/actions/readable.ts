/** JSON text in lines, for people to read and change; never another value than before. */

/** Text whose numbers or repeated names would not survive being read and written stays as it is. */
export function readable(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    const tight = text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_all, quoted?: string) => quoted ?? '')
    return JSON.stringify(value) === tight ? JSON.stringify(value, null, 2) : text
  } catch {
    return text
  }
}
