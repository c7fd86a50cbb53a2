/** Histories in files. */
import { msOf } from '../run/event'
import { openHistory } from '../run/file'
import { readRun } from '../run/read-run'
import { seenChart } from '../run/seen-chart'
import type { OpenedHistory } from './opened'
import { aboutOf, chartOfDefinition, definitionIn } from './shown'

/** @returns the history, or what is wrong with the file, as a sentence */
export async function openFile(file: Pick<File, 'name' | 'text'>): Promise<OpenedHistory | { readonly problem: string }> {
  let text: string
  try {
    text = await file.text()
  } catch {
    return { problem: 'The browser could not read this file. Choose it again.' }
  }
  const read = openHistory(text)
  if ('problem' in read) return read
  const definition = definitionIn(read.definition)
  const fromDefinition = chartOfDefinition(definition)
  const run = readRun(read.events, fromDefinition, { execution: read.execution, gaps: read.gaps })
  const about = aboutOf(read.execution ?? {}, null, definition, file.name.replace(/\.jsonl?$/, ''))
  return { about, run, chart: fromDefinition ?? seenChart(run), exportedMs: msOf(read.exportedAt), file: file.name }
}
