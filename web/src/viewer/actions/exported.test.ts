import { describe, expect, it } from 'vitest'
import { names, recorded, runOf } from '../run/fixtures/load'
import { openHistory } from '../run/file'
import { readRun } from '../run/read-run'
import { aboutOf, chartOfDefinition, definitionIn } from '../source/shown'
import { exportedText, exportWords } from './exported'

const NOW_MS = 1_795_316_512_880
const aboutIn = (name: string) => {
  const { definition, execution } = recorded(name)
  return aboutOf(execution ?? {}, null, definitionIn(definition), name)
}

it('opens again as what it was, for every recorded history', () => {
  for (const name of names()) {
    const { run } = runOf(name)
    const opened = openHistory(exportedText(aboutIn(name), run, NOW_MS))
    if ('problem' in opened) throw new Error(`${name}: ${opened.problem}`)
    expect(opened.exportedAt).toBe('2026-11-22T03:01:52.880Z')
    expect(readRun(opened.events, chartOfDefinition(opened.definition), { execution: opened.execution, gaps: opened.gaps }), name).toEqual(run)
  }
})

it('has all that is needed to play it: what it is called, its input, its machine and every event with its data', () => {
  const { run } = runOf('own/redriven')
  const about = aboutIn('own/redriven')
  const file = JSON.parse(exportedText(about, { ...run, gaps: ['Something is missing.'] }, null)) as Record<string, Record<string, unknown>>
  for (const member of ['executionArn', 'name', 'input', 'startDate', 'stateMachineArn']) expect(file['execution'], member).toHaveProperty(member)
  expect(file['machine']).toEqual({ stateMachineArn: about.machineArn, name: about.machineName, type: 'STANDARD', queryLanguage: 'JSONata' })
  expect(file['events']).toEqual(run.events.map(({ raw }) => raw))
  expect(file['gaps']).toEqual(['Something is missing.'])
  const express = { ...about, arn: 'arn:aws:states:x:1:express:m:e:u', definition: { StartAt: 'A', States: {} } }
  expect(JSON.parse(exportedText(express, run, null))).toMatchObject({ machine: { type: 'EXPRESS', queryLanguage: 'JSONPath' } })
})

describe('what is said of the file', () => {
  it('is what it has, and what it has not', () => {
    const { run } = runOf('own/child')
    const words = exportWords({ definition: {} }, { ...run, gaps: ['3 events have no input or output.'] })
    expect(words[0]).toBe(`It has the execution, the definition that it runs, and all ${run.events.length} events.`)
    expect(words.some((word) => word.includes('file of its own'))).toBe(true)
    expect(words.at(-1)).toBe('3 events have no input or output.')
    expect(exportWords({ definition: null }, { ...run, status: 'RUNNING' }).join(' ')).toMatch(/until now\. The definition could not be read/)
    expect(exportWords({ definition: {} }, runOf('aws/map-distributed').run).join(' ')).toContain('The executions of its distributed maps are files of their own.')
  })
})
