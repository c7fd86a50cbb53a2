/** A timeline's rows in words: what is heard instead of bars, and what is read about one of them. */
import { fateWord } from '../graph/words'
import { lasted } from '../run/words'
import { sinceStart } from '../words'
import { triesWords } from './bars'
import type { TimelineNode } from './tree'

/** How long it took, or has taken by now. */
export function tookMs({ beganMs, endedMs, run }: TimelineNode, nowMs: number): number {
  return Math.max(0, (endedMs ?? run.endedMs ?? Math.max(nowMs, beganMs)) - beganMs)
}

/** `Charge, Task, failed, 3 tries, 6 s of pauses, began at +2.100, took 8 s`. */
export function nodeWords(node: TimelineNode, startMs: number, nowMs: number): string {
  if (node.kind === 'note') return node.name
  const parts = [node.name, node.about, node.type ?? '', fateWord(node.fate), node.visit === null ? '' : triesWords(node.visit, lasted)]
  parts.push(`began at ${sinceStart(node.beganMs - startMs)}`)
  // A figure that changes each second would be read out each second.
  parts.push(node.endedMs === null && node.run.endedMs === null ? 'under way' : `took ${lasted(tookMs(node, nowMs))}`)
  return parts.filter((part) => part !== '').join(', ')
}
