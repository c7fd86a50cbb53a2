/** A timeline's rows in words: what is heard instead of bars, and what is read about one of them. */
import { fateWord } from '../graph/words'
import { sinceStart } from '../words'
import { triesWords } from './bars'
import { isWords, type TimelineNode } from './tree'

/** How long it took, or has taken by now. */
export function tookMs({ beganMs, endedMs, run }: TimelineNode, nowMs: number): number {
  return Math.max(0, (endedMs ?? run.endedMs ?? Math.max(nowMs, beganMs)) - beganMs)
}

/** What is heard of a row between its name and how long it took: `, Task, failed, 3 tries, 6 s of pauses, began at +2.100, took`. */
export function nodeWords(node: TimelineNode, startMs: number): string {
  if (isWords(node)) return ''
  const parts = ['', node.type ?? (node.kind === 'item' ? 'item' : ''), fateWord(node.fate), node.visit === null ? '' : triesWords(node.visit, node.run.redrivenMs), `began at ${sinceStart(node.beganMs - startMs)}`]
  parts.push(node.endedMs === null && node.run.endedMs === null ? 'there for' : 'took')
  return parts.filter((part, place) => place === 0 || part !== '').join(', ')
}
