import { describe, expect, it } from 'vitest'
import { names, runOf } from '../run/fixtures/load'
import { failedAt, headline } from './headline'
import { titleOf } from './use-title'

describe('an execution in a sentence', () => {
  it('says where it stands while it runs', () => {
    const { run } = runOf('own/token-waiting')
    expect(headline(run, run.startedMs + 65_000)).toMatch(/^It runs for 1 min 5 s, at \w+\.$/)
    expect(headline(run, null)).toMatch(/^It runs, at \w+\.$/)
  })

  it('says what ended it', () => {
    expect(headline(runOf('own/stopped').run, null)).toMatch(/^It was stopped after .+/)
    expect(headline(runOf('own/timed-out').run, null)).toMatch(/time limit|failed after/)
    expect(headline(runOf('own/parallel-failed').run, null)).toMatch(/^It failed after .+ at \w+/)
    expect(headline(runOf('own/redriven').run, null)).toMatch(/redriven once/)
  })

  it('is a sentence for every history that was recorded', () => {
    for (const name of names()) expect(headline(runOf(name).run, null), name).toMatch(/^It[s ].*\.$/)
  })

  it('names the innermost state that failed', () => {
    const { run } = runOf('own/parallel-failed')
    const at = failedAt(run)
    expect(run.visits.some(({ parent, fate }) => parent === at?.id && fate === 'failed')).toBe(false)
    expect(at?.error).toBe(run.error)
  })
})

it('has the status first in the tab’s title', () => {
  expect(titleOf('FAILED', 'order-17')).toBe('✗ failed · order-17')
  expect(titleOf('RUNNING', 'order-17')).toBe('▸ running · order-17')
})
