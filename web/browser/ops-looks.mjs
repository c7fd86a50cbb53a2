/** How pages of operations are looked at: with executions of all sorts on them, in both sizes and both colours. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { banquet, BUSY, DINNER } from './banquet.mjs'
import { TASTING, WAITING } from './machines.mjs'
import { fits } from './scenario.mjs'

const SIZES = { wide: { width: 1280, height: 860 }, narrow: { width: 360, height: 740 } }

/**
 * A look at a page as it is now: axe finds nothing serious, nothing is wider than the screen, there is one heading that says where one
 * is. Wide and light, narrow and dark; what matters most the other way round too, and as a picture if those are wanted.
 *
 * @param {import('./scenario.mjs').Stage} stage
 */
export function looking({ given, isAccessible }) {
  if (given.pictures) mkdirSync(given.pictures, { recursive: true })
  return async (page, { isMain = false, picture } = {}) => {
    for (const [size, colorScheme] of [['wide', 'light'], ['narrow', 'dark'], ...(isMain ? [['narrow', 'light'], ['wide', 'dark']] : [])]) {
      await page.setViewportSize(SIZES[size])
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.waitForFunction(() => document.querySelector('main .ghost') === null)
      await isAccessible(page)
      await fits(page)
      if (given.pictures && picture !== undefined && (size === 'wide') === (colorScheme === 'light')) {
        await page.screenshot({ path: join(given.pictures, `${picture}-${size}.png`), animations: 'disabled' })
      }
    }
    const headings = await page.locator('h1').filter({ visible: true }).count()
    if (headings !== 1) throw new Error(`${page.url()} has ${headings} headings of the first order.`)
    await page.setViewportSize(SIZES.wide)
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  }
}

/** Executions of all sorts. */
export async function furnish(shop, operator, machines) {
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
