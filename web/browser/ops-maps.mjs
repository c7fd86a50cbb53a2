/**
 * States within states: branches, iterations within iterations of which some fail and are caught, tries that are counted, another
 * execution shown within the one that started it, and a map whose items are executions of their own.
 */
import { banquet, BUSY, DINNER } from './banquet.mjs'
import { Machines, TASTING } from './machines.mjs'
import { play } from './scenario.mjs'

await play(async ({ shop, given, open, sees }) => {
  const operator = shop.knows(given.operator)
  const machines = new Machines(given.states)
  const tasting = await machines.registers('tasting', TASTING)
  const machine = await machines.registers('banquet', banquet(tasting))
  await operator.send('POST', '/api/ops/local/faults', { machine: machine.name, ...BUSY })
  const dinner = await machines.starts(machine, DINNER)
  const page = await open(`/ops/execution?arn=${dinner.arn}`, { as: operator })
  await page.getByTestId('headline').getByText(/^It succeeded/).waitFor()
  const graph = page.getByRole('group', { name: `Graph of ${machine.name}` })
  const node = (words) => graph.getByRole('button', { name: words, exact: true })
  const panel = page.getByRole('complementary', { name: 'The chosen state' })

  const all = page.getByRole('button', { name: 'Fit', exact: true })

  // Tries are counted where they were made.
  await node('Ask the kitchen, Task, succeeded after 3 tries').waitFor()
  await graph.getByText('2 retries').waitFor()
  await node('Ask the kitchen, Task, succeeded after 3 tries').click()
  await panel.getByRole('tab', { name: '3 tries' }).click()
  const tries = panel.getByRole('tabpanel').getByRole('listitem')
  for (const [place, said] of ['KitchenIsBusy', 'KitchenIsBusy', 'Succeeded'].entries()) await tries.nth(place).getByText(said).first().waitFor()
  await panel.getByText(/of pause, then again/).first().waitFor()

  // The table at which somebody was missing: what failed, and where it led.
  const tables = page.getByRole('combobox', { name: 'Iteration of EachTable' })
  const guests = page.getByRole('combobox', { name: 'Iteration of EachGuest' })
  await all.click()
  await tables.selectOption({ label: '2 of 3, succeeded' })
  await node('Each guest, Map, failed, error caught').waitFor()
  await node('Clear the table, Pass, succeeded').waitFor()
  await graph.locator('.edge.catch.taken').waitFor({ state: 'attached' })
  if ((await guests.locator('option:checked').textContent()) !== '2 of 3, failed') throw new Error('The iteration that failed is not the one that is shown.')
  await node('Guest has left, Fail, failed').click()
  await panel.getByText('The chair is empty.').first().waitFor()
  await panel.getByText('iteration 2 › 2').waitFor()
  await guests.selectOption({ label: '1 of 3, succeeded' })
  await node('Guest has left, Fail, not entered').waitFor()
  await node('Serve guest, Pass, succeeded').waitFor()
  // All tables together: how often each came to what.
  await tables.selectOption({ label: 'All 3 iterations' })
  await node('Each guest, Map, 1 failed, error caught, 2 succeeded').waitFor()
  await node('Is guest hungry, Choice, 6 succeeded').waitFor()
  await node('Guest has left, Fail, 1 failed').waitFor()
  await tables.selectOption({ label: '2 of 3, succeeded' })

  // At the next table all went well.
  await page.getByRole('button', { name: 'Next iteration of EachTable' }).click()
  await node('Each guest, Map, succeeded').waitFor()
  await node('Clear the table, Pass, not entered').waitFor()
  await graph.locator('.edge.catch.taken').waitFor({ state: 'detached' })

  // Another execution, within the one that started it.
  await page.getByRole('tab', { name: 'Timeline', exact: true }).click()
  const times = page.getByRole('tree', { name: 'States in time' })
  await times.getByRole('treeitem', { name: /^ServeGuest/ }).first().waitFor()
  await page.getByRole('button', { name: 'Close all' }).click()
  await times.getByRole('treeitem', { name: /^ServeGuest/ }).first().waitFor({ state: 'detached' })
  await times.getByRole('treeitem', { name: /^LetSomebodyTaste/ }).click()
  await times.focus()
  await page.keyboard.press('ArrowRight')
  await times.getByRole('treeitem', { name: /^TasteSoup ?, Pass, succeeded/ }).waitFor()
  // And the items of a map that are executions of their own.
  await times.getByRole('treeitem', { name: /^SendHome/ }).click()
  await times.focus()
  await page.keyboard.press('ArrowRight')
  await times.getByRole('treeitem', { name: /^Item \S+ CannotBeSent: NoSuchAddress ?, item, failed/ }).waitFor()
  await times.getByRole('treeitem', { name: /^LetSomebodyTaste/ }).click()
  await panel.getByRole('button', { name: 'Open the execution it started' }).click()
  await page.getByRole('group', { name: `Graph of ${tasting.name}` }).getByRole('button', { name: 'Taste soup, Pass, succeeded' }).waitFor()
  await page.getByRole('navigation', { name: 'Where this is' }).getByRole('link', { name: dinner.name }).click()

  // Items that are executions of their own.
  await all.click()
  await node('Send home, distributed Map, succeeded').click()
  await panel.getByRole('button', { name: "Open its items' executions" }).click()
  await sees(page, '3 items')
  await sees(page, '2 succeeded · 1 failed')
  const rows = page.getByRole('list', { name: 'Executions' }).getByRole('listitem')
  await rows.nth(2).waitFor()
  await page.getByRole('button', { name: 'Failed only' }).click()
  await rows.nth(1).waitFor({ state: 'detached' })
  await rows.getByText('CannotBeSent: NoSuchAddress').waitFor()
  await rows.getByRole('link').click()
  await page.getByTestId('headline').getByText(/^It failed .* at CannotBeSent with NoSuchAddress\.$/).waitFor()
  await page.getByRole('button', { name: 'Cannot be sent, Fail, failed' }).waitFor()
  await page.getByRole('navigation', { name: 'Where this is' }).getByRole('link', { name: dinner.name }).click()
  await node('Send home, distributed Map, succeeded').waitFor()
})
