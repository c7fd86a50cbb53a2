import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { chartOf } from '../viewer/run/fixtures/load'
import { readyFaults } from './ready-faults'

const WORKFLOWS = new URL('../../../workflows/', import.meta.url)
const names = readdirSync(WORKFLOWS).flatMap((file) => (file.endsWith('.asl.json') ? [file.replace('.asl.json', '')] : []))
const machines = names.map((name) => ({ arn: name, name: `shop-7-${name}` }))
const asked: string[] = []
const read = (name: string) => {
  asked.push(name)
  return Promise.resolve(chartOf(JSON.parse(readFileSync(new URL(`${name}.asl.json`, WORKFLOWS), 'utf8'))))
}

describe('faults that are ready', () => {
  it('name states that our machines have, under the name that the machine has here', async () => {
    const ready = await readyFaults(machines, read)
    expect(ready.map(({ title }) => title)).toEqual(['The next charge is lost after it was made', 'The charge step is slow', 'A message is lost', 'A message comes twice'])
    expect(new Set(ready.map(({ fault }) => fault.machine))).toEqual(new Set(['shop-7-order']))
    expect(ready[0]?.fault).toMatchObject({ state: 'ChargePayment', deed: { kind: 'lose_answer' }, times: 1 })
  })

  it('read each definition once, and no other', () => {
    expect(asked.filter((name) => name === 'order')).toHaveLength(1)
    expect(asked).not.toContain('deliver-product')
  })

  it('are none where the states are not there', async () => {
    expect(await readyFaults([{ arn: 'x', name: 'order' }], () => Promise.resolve(null))).toEqual([])
    expect(await readyFaults([{ arn: 'refund-order', name: 'order' }], read)).toEqual([])
    expect(await readyFaults([{ arn: 'order', name: 'reorder' }], read)).toEqual([])
  })
})
