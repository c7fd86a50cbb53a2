/**
 * The page of an execution in all its states: while it waits, after it went well or badly, with states within states, in time, by its
 * events, as a table, with every question that it asks. On request it takes the pictures that the README shows.
 */
import { furnish, looking } from './ops-looks.mjs'
import { Machines } from './machines.mjs'
import { play } from './scenario.mjs'

await play(async (stage) => {
  const { shop, given, open } = stage
  const isFine = looking(stage)
  const operator = shop.knows(given.operator)
  const world = await furnish(shop, operator, new Machines(given.states))
  const page = await open('/ops', { as: operator })
  const shows = async (execution, tab = 'graph') => page.goto(new URL(`/ops/execution?arn=${execution.arn}&tab=${tab}`, page.url()).href)
  const panel = page.getByRole('complementary', { name: 'The chosen state' })
  const press = (name) => page.getByRole('button', { name, exact: true }).click()

  // One execution, while it waits, after it has failed, with states within states.
  await shows(world.waits)
  await page.getByRole('timer').waitFor()
  await page.getByRole('group', { name: /^Graph of/ }).waitFor()
  await isFine(page)
  await press('Stop…')
  await isFine(page)
  await press('Let it run')
  await shows(world.paid)
  await page.getByRole('group', { name: /^Graph of/ }).waitFor()
  await page.getByRole('button', { name: /^Charge payment/ }).press('Enter')
  await panel.waitFor()
  await isFine(page, { isMain: true, picture: 'execution' })
  await shows(world.failed)
  await panel.waitFor()
  for (const name of ['Redrive…', 'Start again…']) {
    await press(name)
    await isFine(page)
    await press(name === 'Redrive…' ? 'Leave it as it is' : 'Do not start')
  }
  await shows(world.dinner)
  await page.getByRole('button', { name: /^Ask the kitchen/ }).press('Enter')
  for (const name of ['3 tries', 'Log', /events$/, 'Definition', 'Data']) {
    await panel.getByRole('tab', { name }).click()
    if (name === 'Log') await panel.getByRole('list', { name: /^Log of/ }).or(panel.getByText(/wrote nothing/)).waitFor()
    await isFine(page)
  }
  await page.locator('summary', { hasText: 'What this history does not tell' }).click()
  for (const name of ['Timeline', 'Events', 'Table']) {
    await page.getByRole('tab', { name, exact: true }).click()
    if (name === 'Events') await page.getByRole('button', { name: /^1 Execution started/ }).click()
    await isFine(page)
  }
  await shows(world.delivered, 'timeline')
  const times = page.getByRole('tree', { name: 'States in time' })
  await times.getByRole('treeitem', { name: /^DeliverProduct/ }).click()
  await times.press('ArrowRight')
  await times.getByRole('treeitem', { name: /^ShipProducts/ }).waitFor()
  await isFine(page, { isMain: true, picture: 'timeline' })
})
