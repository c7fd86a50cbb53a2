/**
 * Every page, with something on it: axe finds nothing serious, nothing is wider than a narrow screen, there is one heading
 * that says where one is. Wide and light, narrow and dark. On request it takes the pictures that the README shows.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fits, play } from './scenario.mjs'

const HOWS = [
  { name: 'wide', viewport: { width: 1280, height: 860 }, colorScheme: 'light' },
  { name: 'narrow', viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
]

await play(async ({ shop, open, isAccessible, expects, given }) => {
  expects(/404 \(Not Found\)/)
  // Conservation is for operators; the page tells others so.
  expects(/40[13] \((Unauthorized|Forbidden)\).*\/api\/ops\/conservation/)
  // The pictures of products are elsewhere; a page has something to show without them.
  expects(/Failed to load resource: net::ERR_.*https:\/\//)
  expects(/Failed to load resource: net::ERR_.*openfoodfacts/)
  const world = await furnish(shop, given.dish)
  if (given.pictures) mkdirSync(given.pictures, { recursive: true })
  const seen = []
  for (const { name, ...how } of HOWS) {
    const first = await open('/', { as: world.buyer, menu: given.menu, ...how })
    for (const [path, ready, picture] of world.pages) {
      await first.goto(new URL(path, first.url()).href)
      await first.locator('main h1').first().waitFor()
      await first.locator(ready).first().waitFor()
      await settles(first)
      const headings = await first.locator('h1').filter({ visible: true }).count()
      if (headings !== 1) throw new Error(`${path} has ${headings} headings of the first order.`)
      await isAccessible(first)
      await fits(first)
      if (given.pictures && picture !== undefined) {
        await first.screenshot({ path: join(given.pictures, `${picture}-${name}.png`), animations: 'disabled' })
      }
      seen.push(path)
    }
  }
  const stranger = await open('/')
  for (const path of ['/', '/signin', '/signup', '/nowhere', '/tickets', '/menu', '/products', '/reports', '/reports/conservation']) {
    await stranger.goto(new URL(path, stranger.url()).href)
    await stranger.locator('main h1').first().waitFor()
    await settles(stranger)
    await isAccessible(stranger)
    seen.push(path)
  }
  return { pages: seen.length }
})

/** People and things for each page to show. */
async function furnish(shop, dish) {
  const seller = await shop.person('seller')
  const buyer = await shop.person('buyer')
  const soon = new Date(Date.now() + 14 * 86_400_000).toISOString()
  const ticket = await seller.lists({ title: 'Row 4, seat 11', event: 'Lighthouse concert', venue: 'Old harbour', startsAt: soon })
  for (const [title, event, priceMinor] of [
    ['Row 1, seat 2', 'Lighthouse concert', 6_500],
    ['Standing', 'Night of the short film', 1_800],
    ['Box 3', 'The Tempest', 9_900],
  ]) {
    await seller.lists({ title, event, priceMinor, venue: 'Old harbour', startsAt: soon })
  }
  const own = await buyer.lists({ title: 'Row 9, seat 1', event: 'The Tempest', priceMinor: 3_300 })
  const product = await seller.send('POST', '/api/products', {
    title: 'Ground coffee',
    description: 'From a small roastery by the harbour.',
    priceMinor: 749,
  })
  await seller.send('PUT', `/api/products/${product.id}/inventory`, { quantity: 40 })
  const open = await buyer.holds(await seller.lists({ title: 'Row 4, seat 12', event: 'Lighthouse concert' }))
  const paid = await buyer.holds(await seller.lists({ title: 'Row 4, seat 13', event: 'Lighthouse concert' }))
  await buyer.pays(paid)
  await buyer.send('POST', '/api/orders?wait=25', {
    lines: [{ dishId: dish.id, quantity: 1 }],
    payment: { token: 'tok_visa' },
  })
  await buyer.send('PUT', '/api/payment-method', { token: 'tok_visa' })
  const mac = `02:${Array.from({ length: 5 }, () => Math.floor(Math.random() * 256).toString(16).padStart(2, '0')).join(':')}`
  const device = await buyer.send('POST', '/api/devices', {
    macAddress: mac,
    watches: [{ productId: product.id, threshold: 3, orderQuantity: 6 }],
  })
  await buyer.send('POST', `/api/devices/${device.id}/readings`, { productId: product.id, quantity: 8 })
  return {
    buyer,
    // Where, what is there once it is loaded, and under what name its picture is kept.
    pages: [
      ['/', 'main a.cover', 'home'],
      ['/tickets', 'main a.cover'],
      [`/tickets/${ticket.id}`, 'text=Buy this ticket'],
      [`/tickets/${own.id}/edit`, 'main form'],
      ['/sell', 'text=Row 9, seat 1'],
      ['/menu', 'main form'],
      ['/products', 'main a.cover'],
      [`/products/${product.id}`, 'text=Ground coffee'],
      [`/checkout/${open.id}`, '[data-testid=time-left]', 'checkout'],
      ['/orders', '[data-status=completed]'],
      [`/orders/${paid.id}`, 'main img', 'order'],
      ['/devices', `text=${mac}`],
      [`/devices/${device.id}`, 'text=Ground coffee'],
      ['/account', 'main'],
      ['/reports', '[data-seq]'],
      ['/reports/kitchen', '[data-seq]', 'kitchen'],
      ['/reports/warehouse', '[data-seq]'],
      ['/reports/conservation', 'main'],
    ],
  }
}

/** Waits until nothing is loading any more. */
async function settles(page) {
  await page.waitForFunction(() => document.querySelector('main .ghost') === null)
}
