/** How long reading takes: `npx vitest bench src/viewer/run`. */
import { bench, describe } from 'vitest'
import { DEFINITION, generated } from './fixtures/generated'
import { chartOf } from './fixtures/load'
import { looks } from './picked'
import { readRun, Reading } from './read-run'
import { waitingOn } from './waiting'

const events = generated(25_000)
const running = readRun(generated(25_000, false), chartOf(DEFINITION))
const chart = chartOf(DEFINITION)

describe('25,000 events', () => {
  bench('read at once', () => void readRun(events, chart))
  bench('read in pages of 1,000', () => {
    const reading = new Reading(chart)
    for (let at = 0; at < events.length; at += 1000) reading.append(events.slice(at, at + 1000))
  })
  bench('looks', () => void looks(running))
  bench('waiting', () => void waitingOn(running, chart, 1_700_000_250_000))
})
