/**
 * What can be done with an execution: one that failed is redriven, after it was said what runs again; it is started again with the
 * same input, compared with the first, stopped, and kept as a file that opens without an account.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asking, Machines, WAITING } from './machines.mjs'
import { fresh } from './shop.mjs'
import { play } from './scenario.mjs'

/** Says what is sold; when it asks nobody else has done anything that could be done twice. */
const READING = {
  QueryLanguage: 'JSONata',
  StartAt: 'ReadTheList',
  States: {
    ReadTheList: { Type: 'Pass', Assign: { guests: '{% $states.input.guests %}' }, Next: 'AskTheKitchen' },
    AskTheKitchen: asking({ Next: 'Served' }),
    Served: { Type: 'Succeed' },
  },
}

await play(async ({ shop, given, folder, open, sees }) => {
  const operator = shop.knows(given.operator)
  const machines = new Machines(given.states)
  const reading = await machines.registers('reading', READING)
  const resting = await machines.registers('resting', WAITING)
  await operator.send('POST', '/api/ops/local/faults', {
    machine: reading.name,
    state: 'AskTheKitchen',
    do: { fail: { error: 'KitchenOnFire', cause: 'Nobody answers the telephone.' } },
    times: 1,
  })
  const failed = await machines.starts(reading, { guests: 4, wish: 'soup' })
  if ((await machines.ends(failed)).status !== 'FAILED') throw new Error('The fault that was set did not strike.')

  const page = await open(`/ops/execution?arn=${failed.arn}`, { as: operator })
  const dialog = page.getByRole('dialog')
  const headline = page.getByTestId('headline')
  await headline.getByText(/^It failed after .* at AskTheKitchen with KitchenOnFire\.$/).waitFor()
  await sees(page, 'Nobody answers the telephone.')
  // Where it failed is chosen already.
  await page.getByRole('region', { name: 'State AskTheKitchen' }).waitFor()

  // Redriven, after it was said what runs again.
  await page.getByRole('button', { name: 'Redrive…' }).click()
  await dialog.getByText('This runs again:').waitFor()
  await dialog.getByText(/It asked lambda:invoke holdfast-describe-shop once, and is asked again with the same input/).waitFor()
  await dialog.getByText('One finished state is kept and not repeated.').waitFor()
  await dialog.getByRole('button', { name: 'Leave it as it is' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: 'Redrive…' }).click()
  await dialog.getByRole('button', { name: 'Redrive it' }).click()
  await headline.getByText(/^It succeeded in .* It was redriven once\.$/).waitFor()
  await page.getByRole('button', { name: 'Redrive…' }).waitFor({ state: 'hidden' })
  await page.getByRole('region', { name: 'State AskTheKitchen' }).getByRole('tab', { name: '2 tries' }).waitFor()

  // Kept as a file.
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export' }).click()])
  const text = readFileSync(await download.path(), 'utf8')
  const kept = JSON.parse(text)
  if (kept.execution.name !== failed.name || kept.events.at(-1).type !== 'ExecutionSucceeded') throw new Error(`The file has something else: ${text.slice(0, 500)}`)

  // Started again, with the same input, under a name of its own.
  await page.getByRole('button', { name: 'Start again…' }).click()
  const input = JSON.parse(await dialog.getByLabel('Input').inputValue())
  if (input.guests !== 4 || input.wish !== 'soup') throw new Error(`It would start with ${JSON.stringify(input)}.`)
  await dialog.getByLabel('Input').fill('{"guests": 4')
  await dialog.getByText('This is not JSON.').waitFor()
  await dialog.getByLabel('Input').fill(JSON.stringify({ guests: 4, wish: 'bread' }))
  const name = `again-${fresh()}`
  await dialog.getByLabel('Name').fill(name)
  await dialog.getByRole('button', { name: 'Start another' }).click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
  await headline.getByText(/^It succeeded/).waitFor()

  // Beside the first: as it was kept, and as it is in the account.
  await page.getByRole('link', { name: 'Compare…' }).click()
  const beside = join(folder, 'beside.json')
  writeFileSync(beside, text)
  await page.getByLabel('Choose a file').setInputFiles(beside)
  await page.getByRole('region', { name: 'The second' }).getByText('from the file beside.json').waitFor()
  await page.getByTestId('parting').getByText(/^They part at ReadTheList/).waitFor()
  await page.goBack()
  await page.getByRole('link', { name: 'Compare…' }).click()
  await page.getByRole('list', { name: 'Other executions' }).getByRole('link', { name: failed.name }).click()
  await page.getByTestId('parting').getByText(/^They part at ReadTheList/).waitFor()
  const states = page.getByRole('region', { name: 'States of both' })
  await states.getByRole('row', { name: /^AskTheKitchen/ }).getByText('1 try and 2 tries').waitFor()
  await page.getByRole('link', { name: failed.name }).click()
  await page.getByRole('heading', { level: 1, name: failed.name }).waitFor()

  // Stopped, but not by a slip of the finger.
  const rests = await machines.starts(resting)
  await page.goto(new URL(`/ops/execution?arn=${rests.arn}`, page.url()).href)
  await page.getByRole('timer').waitFor()
  await page.getByRole('button', { name: 'Stop…' }).click()
  await dialog.getByRole('button', { name: 'Let it run' }).click()
  await dialog.waitFor({ state: 'hidden' })
  const { status } = await machines.call('DescribeExecution', { executionArn: rests.arn })
  if (status !== 'RUNNING') throw new Error(`It was left alone, and is ${status}.`)
  await page.getByRole('button', { name: 'Stop…' }).click()
  await dialog.getByLabel('Error').fill('NoHurry')
  await dialog.getByLabel('Why').fill('The guests have gone home.')
  await dialog.getByRole('button', { name: 'Stop it' }).click()
  await headline.getByText(/^It was stopped after .*, at LetItRest: NoHurry\.$/).waitFor()
  await sees(page, 'The guests have gone home.')

  // The file is all that somebody without an account needs, and nobody is asked anything.
  const guest = await open('/ops/open')
  const asked = []
  guest.on('request', (request) => request.url().includes('/api/ops') && asked.push(request.url()))
  const file = (fileName, content) => {
    const path = join(folder, fileName)
    writeFileSync(path, content)
    return guest.getByLabel(/(Choose a|Open another) file/).setInputFiles(path)
  }
  await file('broken.json', text.slice(0, text.length / 2))
  await guest.getByRole('alert').getByText(/^This file is not JSON\. An exported history, .* can be opened\.$/).waitFor()
  await file('list.json', '{"bread": 3}')
  await guest.getByRole('alert').getByText(/^This file has no events\./).waitFor()
  await file('history.json', text)
  await guest.getByRole('heading', { level: 1, name: failed.name }).waitFor()
  await guest.getByRole('alert').waitFor({ state: 'hidden' })
  await sees(guest, /From the file history\.json, exported /)
  await guest.getByTestId('headline').getByText(/^It succeeded in .* It was redriven once\.$/).waitFor()
  await guest.getByRole('group', { name: `Graph of ${reading.name}` }).getByRole('button', { name: 'Ask the kitchen, Task, succeeded' }).click()
  await guest.getByRole('tab', { name: 'Log' }).click()
  await sees(guest, 'This history was opened from a file.')
  if (await guest.getByRole('button', { name: /Stop|Redrive|Start again/ }).count()) throw new Error('Something can be done to a file.')
  if (asked.length > 0) throw new Error(`A page that shows a file asked ${asked.join(', ')}.`)
})
