import { expect, it } from 'vitest'
import { names, recorded, runOf } from '../run/fixtures/load'
import { openHistory } from '../run/file'
import { readRun } from '../run/read-run'
import { chartOfDefinition } from '../source/shown'
import { exportedText } from './exported'

it('opens again as what it was, for every recorded history', () => {
  for (const name of names()) {
    const { run } = runOf(name)
    const { definition, execution } = recorded(name)
    const opened = openHistory(exportedText({ execution: execution ?? {}, definition }, run, 1_795_316_512_880))
    if ('problem' in opened) throw new Error(`${name}: ${opened.problem}`)
    expect(opened.exportedAt).toBe('2026-11-22T03:01:52.880Z')
    expect(readRun(opened.events, chartOfDefinition(opened.definition), { execution: opened.execution }), name).toEqual(run)
  }
})
