/** Sections of docs/runbook.md, as far as its words are shown beside what they are about. */

/** A piece of text: words, or words as a machine has them. */
export interface Span {
  readonly text: string
  readonly isCode: boolean
}

export interface Block {
  readonly kind: 'words' | 'point' | 'code'
  readonly spans: readonly Span[]
}

/** What is under a heading, up to the next of its rank; empty if there is no such heading. */
export function sectionOf(markdown: string, heading: string): Block[] {
  const lines = markdown.split('\n')
  const from = lines.indexOf(`## ${heading}`)
  if (from < 0) return []
  const to = lines.findIndex((line, place) => place > from && line.startsWith('## '))
  const blocks: { kind: Block['kind']; text: string }[] = []
  let isFenced = false
  let isOpen = false
  for (const line of lines.slice(from + 1, to < 0 ? undefined : to)) {
    if (line.startsWith('```')) {
      isFenced = !isFenced
      isOpen = false
    } else if (line.trim() === '' && !isFenced) isOpen = false
    else {
      const kind = isFenced || line.startsWith('    ') ? 'code' : line.startsWith('- ') ? 'point' : 'words'
      const last = blocks.at(-1)
      if (isOpen && last !== undefined && line.startsWith('- ') === false) last.text += `${last.kind === 'code' ? '\n' : ' '}${line.trim()}`
      else blocks.push({ kind, text: line.replace(/^- /, '').trim() })
      isOpen = true
    }
  }
  return blocks.map(({ kind, text }) => ({ kind, spans: kind === 'code' ? [{ text, isCode: true }] : spansOf(text) }))
}

function spansOf(text: string): Span[] {
  // A link is told by its words.
  const plain = text.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replace(/<(https:[^>]+)>/g, '$1').replace(/\*([^*`]+)\*/g, '$1')
  return plain.split('`').flatMap((part, place) => (part === '' ? [] : [{ text: part, isCode: place % 2 === 1 }]))
}
