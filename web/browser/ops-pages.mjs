/**
 * The operations pages in all their states: axe finds nothing serious, nothing is wider than the screen, there is one heading that
 * says where one is. Wide and narrow, light and dark. On request it takes the pictures that the README shows.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { banquet, BUSY, DINNER } from './banquet.mjs'
import { Machines, TASTING, WAITING } from './machines.mjs'
import { fits, play } from './scenario.mjs'

const SIZES = { wide: { width: 1280, height: 860 }, narrow: { width: 360, height: 740 } }

await play(async ({ shop, given, folder, open, sees, isAccessible, expects }) => {
  expects(/40[134] \((Unauthorized|Forbidden|Not Found)\).*\/api\/ops/)
  if (given.pictures) mkdirSync(given.pictures, { recursive: true })
  const operator = shop.knows(given.operator)
  const world = await furnish(shop, operator, new Machines(given.states))
  const page = await open('/ops', { as: operator })
  let looks = 0

  /** The page as it is now: wide and light, narrow and dark; what matters most the other way round too, and as a picture. */
  const isFine = async (at, { isMain = false, picture } = {}) => {
    for (const [size, colorScheme] of [['wide', 'light'], ['narrow', 'dark'], ...(isMain ? [['narrow', 'light'], ['wide', 'dark']] : [])]) {
      await at.setViewportSize(SIZES[size])
      await at.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await settles(at)
      await isAccessible(at)
      await fits(at)
      looks += 1
      if (given.pictures && picture !== undefined && (size === 'wide') === (colorScheme === 'light')) {
        await at.screenshot({ path: join(given.pictures, `${picture}-${size}.png`), animations: 'disabled' })
      }
    }
    const headings = await at.locator('h1').filter({ visible: true }).count()
    if (headings !== 1) throw new Error(`${at.url()} has ${headings} headings of the first order.`)
    await at.setViewportSize(SIZES.wide)
    await at.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  }
  const goes = async (to) => page.goto(new URL(to, page.url()).href)
  const shows = async (execution, tab = 'graph') => goes(`/ops/execution?arn=${execution.arn}&tab=${tab}`)
  const rows = page.getByRole('list', { name: 'Executions' }).getByRole('listitem')
  const panel = page.getByRole('complementary', { name: 'The chosen state' })
  const press = (name) => page.getByRole('button', { name, exact: true }).click()

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
  return { looks }
})

/** Waits until nothing is loading, and no colour on its way. */
async function settles(page) {
  await page.waitForFunction(() => document.querySelector('main .ghost') === null)
  await page.evaluate(async () => {
    const passing = document.getAnimations().filter(({ effect }) => effect?.getTiming().iterations !== Number.POSITIVE_INFINITY)
    await Promise.all(passing.map(({ finished }) => finished.catch(() => {})))
  })
}

/** Executions of all sorts. */
async function furnish(shop, operator, machines) {
  const seller = await shop.person('seller')
  const buyer = await shop.person('buyer')
  const tasting = await machines.registers('tasting', TASTING)
  const feast = await machines.registers('banquet', banquet(tasting))
  await operator.send('POST', '/api/ops/local/faults', { machine: feast.name, ...BUSY })
  const dinner = await machines.starts(feast, DINNER)
  const [good, failed] = [await machines.starts(tasting, { soup: 'leek' }), await machines.starts(tasting, { soup: 'leek', fails: true })]
  await machines.starts(await machines.registers('resting', WAITING))

  const product = await seller.send('POST', '/api/products', { title: 'Ground coffee', priceMinor: 749 })
  await seller.send('PUT', `/api/products/${product.id}/inventory`, { quantity: 40 })
  const delivered = await buyer.send('POST', '/api/orders', { lines: [{ productId: product.id, quantity: 1 }] })
  await buyer.pays(delivered)
  const paid = await buyer.holds(await seller.lists())
  await buyer.pays(paid)
  const waits = await buyer.holds(await seller.lists())
  const arnOf = async ({ id }) => {
    const found = await operator.send('GET', `/api/ops/executions?name=${id}&machine=holdfast-order`)
    return { arn: found.executions[0].executionArn }
  }
  const world = { tasting, dinner, good, failed, waits: await arnOf(waits), paid: await arnOf(paid), delivered: await arnOf(delivered) }
  for (const one of [dinner, good, failed, world.paid, world.delivered]) await machines.ends(one)
  const { mapRuns } = await machines.call('ListMapRuns', { executionArn: dinner.arn })
  return { ...world, mapRun: mapRuns[0].mapRunArn }
}
