/** What can be searched for. */

/** The shop finds beginnings of words, of two letters or digits and more. */
const WORD = /[\p{L}\p{N}]{2}/u

/** Whether there is anything in it to search for. */
export function isSearchable(typed: string): boolean {
  return WORD.test(typed)
}
