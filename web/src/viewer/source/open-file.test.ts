import { describe, expect, it } from 'vitest'
import { textOfFixture } from '../run/fixtures/load'
import { openFile } from './open-file'
import { fileIn, isFileName, openedAs, remembered } from './opened'

const fileOf = (name: string, text: string) => ({ name, text: () => Promise.resolve(text) })

describe('a file with a history', () => {
  it('is opened with what it says of its execution, and named after itself where it says nothing', async () => {
    const bare = await openFile(fileOf('order-7.json', textOfFixture('aws/map-in-turn.json').replace('"execution"', '"nothing"')))
    if ('problem' in bare) throw new Error(bare.problem)
    expect(bare.about.name).toBe('order-7')
    expect(bare.run.visits.length).toBeGreaterThan(0)
    const lines = await openFile(fileOf('log.jsonl', textOfFixture('aws/express-failed.jsonl')))
    expect('problem' in lines).toBe(false)
  })

  it('that is none says why', async () => {
    expect(await openFile(fileOf('x.json', '<html>'))).toHaveProperty('problem')
    expect(await openFile({ name: 'x', text: () => Promise.reject(new Error('gone')) })).toHaveProperty('problem')
  })

  it('has a name for the address, which is no ARN and is forgotten with the page', async () => {
    const read = await openFile(fileOf('a:b.json', textOfFixture('own/loop.json')))
    if ('problem' in read) throw new Error(read.problem)
    const first = remembered(read)
    const second = remembered(read)
    expect(first).not.toBe(second)
    expect([isFileName(first), isFileName('arn:aws:states:x:1:execution:file:1')]).toEqual([true, false])
    expect(fileIn(first)).toBe('a:b.json')
    expect(openedAs(first)).toBe(read)
    expect(openedAs('file:99:gone.json')).toBeUndefined()
    for (let more = 0; more < 10; more += 1) remembered(read)
    expect(openedAs(first)).toBeUndefined()
  })
})
