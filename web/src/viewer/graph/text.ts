/**
 * How much room a text takes, without asking a browser: drawings are laid out before they are shown, and the same
 * everywhere. Widths are those of DejaVu Sans, the widest of the faces that `--font-text` comes to, so that no other needs more.
 */

const NARROW = /[iljI.,:;'|! ]/
const SLIM = /[tfr()[\]"]/
const WIDE = /[mwMW@%]/
const UPPER = /[A-Z&]/
/** From here on letters are as wide as they are high. */
const FULL_WIDTH_FROM = 0x1100
const ELLIPSIS = '…'

/** Width of one line, px. `weight` is that of the face: 400 or 600. */
export function textWidth(text: string, sizePx: number, weight: 400 | 600 = 400): number {
  let ems = 0
  for (const letter of text) ems += letterWidth(letter)
  return Math.ceil(ems * sizePx * (weight === 600 ? 1.11 : 1))
}

function letterWidth(letter: string): number {
  if ((letter.codePointAt(0) ?? 0) >= FULL_WIDTH_FROM) return 1
  if (NARROW.test(letter)) return 0.33
  if (SLIM.test(letter)) return 0.43
  if (WIDE.test(letter)) return 0.95
  return UPPER.test(letter) ? 0.72 : 0.62
}

/** As much of a text as has room, with an ellipsis for the rest. */
export function shortened(text: string, widthPx: number, sizePx: number, weight: 400 | 600 = 400): string {
  if (textWidth(text, sizePx, weight) <= widthPx) return text
  const letters = [...text]
  while (letters.length > 0 && textWidth(letters.join('') + ELLIPSIS, sizePx, weight) > widthPx) letters.pop()
  return letters.join('').trimEnd() + ELLIPSIS
}

/** A name in at most two lines, broken where a word of it begins: `ReserveIngredients` before the `I`. */
export function inTwoLines(name: string, widthPx: number, sizePx: number, weight: 400 | 600): string[] {
  if (textWidth(name, sizePx, weight) <= widthPx) return [name]
  const words = name.split(/(?<=[\s_\-.:/])|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/)
  let first = ''
  let used = 0
  for (const word of words) {
    if (textWidth((first + word).trimEnd(), sizePx, weight) > widthPx) break
    first += word
    used += 1
  }
  if (used === 0) {
    // One long word: it is broken where the line ends.
    const letters = [...name]
    while (letters.length > 1 && textWidth(letters.join(''), sizePx, weight) > widthPx) letters.pop()
    first = letters.join('')
    return [first, shortened(name.slice(first.length), widthPx, sizePx, weight)]
  }
  return [first.trimEnd(), shortened(words.slice(used).join('').trimStart(), widthPx, sizePx, weight)]
}
