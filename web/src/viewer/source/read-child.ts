/** An execution that another one started, read as a whole, to be shown within that one. */
import { Reading } from '../run/read-run'
import { seenChart } from '../run/seen-chart'
import type { Child } from '../types'
import { readExecution, readHistory } from './calls'
import { chartOfDefinition, definitionIn } from './shown'

/** A child with more pages than this has a page of its own. */
const PAGES_MAX = 10

/** @throws Problem as the API says */
export async function readChild(arn: string, signal: AbortSignal): Promise<Child> {
  const { execution, machine } = await readExecution(arn, signal)
  const chart = chartOfDefinition(definitionIn(machine))
  const gaps: string[] = []
  const reading = new Reading(chart, { execution, gaps })
  let run = reading.append([])
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const read = await readHistory(arn, cursor === undefined ? {} : { cursor }, signal)
    gaps.push(...read.gaps.filter((gap) => !gaps.includes(gap)))
    cursor = read.next
    if (cursor !== undefined && page === PAGES_MAX - 1) gaps.push('Its history is longer than what is shown here; its own page has all of it.')
    run = reading.append(read.events)
    if (cursor === undefined) break
  }
  return { run, chart: chart ?? seenChart(run) }
}
