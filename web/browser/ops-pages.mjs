/**
 * The operations pages around an execution, in all their states: lists, comparisons, files, and for those who are no operators. On
 * request it takes the picture that the README shows.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { furnish, looking } from './ops-looks.mjs'
import { Machines } from './machines.mjs'
import { play } from './scenario.mjs'

await play(async (stage) => {
  const { shop, given, folder, open, sees, expects } = stage
  expects(/40[134] \((Unauthorized|Forbidden|Not Found)\).*\/api\/ops/)
  const isFine = looking(stage)
  const operator = shop.knows(given.operator)
  const world = await furnish(shop, operator, new Machines(given.states))
  const page = await open('/ops', { as: operator })
  const goes = async (to) => page.goto(new URL(to, page.url()).href)
  const rows = page.getByRole('list', { name: 'Executions' }).getByRole('listitem')

  // Lists.
  await goes('/ops?machine=holdfast-order')
  await rows.first().waitFor()
  await isFine(page, { isMain: true, picture: 'executions' })
  await goes(`/ops?machine=${world.tasting.name}&from=2026-01-01T00:00:00Z&status=FAILED`)
  await rows.first().waitFor()
  await isFine(page)
  await goes('/ops?name=nobody-has-this-name')
  await sees(page, 'No execution is like that')
  await isFine(page)
  await goes(`/ops?mapRun=${encodeURIComponent(world.mapRun)}`)
  await sees(page, '3 items')
  await rows.first().waitFor()
  await isFine(page)

  // Two of them, and none.
  await goes(`/ops/compare?one=${world.failed.arn}`)
  await page.getByRole('list', { name: 'Other executions' }).waitFor()
  await isFine(page)
  await goes(`/ops/compare?one=${world.failed.arn}&other=${world.good.arn}`)
  await page.getByTestId('parting').waitFor()
  await isFine(page)
  await goes('/ops/execution')
  await isFine(page)
  await goes(`/ops/execution?arn=${world.failed.arn}-of-yesterday`)
  await page.getByRole('button', { name: 'Read the execution again' }).waitFor()
  await isFine(page)

  // A file, and those who are no operators.
  const guest = await open('/ops/open')
  await isFine(guest)
  const file = join(folder, 'history.json')
  writeFileSync(file, '{}')
  await guest.getByLabel(/Choose a file/).setInputFiles(file)
  await guest.getByRole('alert').waitFor()
  await isFine(guest)
  writeFileSync(file, readFileSync(new URL('../src/viewer/run/fixtures/own/map-caught.json', import.meta.url)))
  await guest.getByLabel(/Choose a file/).setInputFiles(file)
  await guest.getByRole('group', { name: /^Graph of/ }).waitFor()
  await isFine(guest)
  await guest.goto(new URL('/ops', page.url()).href)
  await sees(guest, 'Operators see these pages')
  await isFine(guest)
})
