/**
 * A page whose network is gone for a while: it says that it is offline, keeps what it showed, and when the network is back
 * shows every movement that was written meanwhile, in order, without a reload. Then the same without any socket at all:
 * it says that it is polling, and misses nothing either.
 */
import { play } from './scenario.mjs'

await play(async ({ shop, open, expects, given }) => {
  expects(/Failed to load resource/)
  expects(/WebSocket connection/)
  const buyer = await shop.person('eater')
  // Somebody has eaten before, so there is a number to begin with.
  await eats(given.dish, buyer)

  const page = await open('/reports/kitchen')
  const is = (which, liveness) => which.locator(`[data-liveness="${liveness}"]`).first().waitFor({ state: 'attached' })
  await is(page, 'live')
  const first = await newest(page)

  await page.context().setOffline(true)
  await is(page, 'offline')
  if ((await newest(page)) !== first) throw new Error('What it showed is gone.')
  await eats(given.dish, buyer)
  await page.context().setOffline(false)
  await is(page, 'live')
  const missed = await showsAllFrom(shop, page, first)

  const poller = await open('/reports/kitchen', { without: 'live' })
  await is(poller, 'polling')
  const before = await newest(poller)
  await eats(given.dish, buyer)
  const polled = await showsAllFrom(shop, poller, before)
  return { missed, polled }
})

/** The highest number that is shown. */
async function newest(page) {
  await page.locator('[data-seq]').first().waitFor()
  return Number(await page.locator('[data-seq]').first().getAttribute('data-seq'))
}

/** One dish, ordered and paid over the API; the kitchen moves. */
async function eats(dish, buyer) {
  const order = await buyer.send('POST', '/api/orders?wait=25', {
    lines: [{ dishId: dish.id, quantity: 1 }],
    payment: { token: 'tok_visa' },
  })
  if (order.status !== 'completed') throw new Error(`The dish is ${order.status}.`)
}

/** Waits until the page shows what the ledger has, and looks that nothing is left out from `first` on. */
async function showsAllFrom(shop, page, first) {
  const { seq } = await shop.send('GET', '/api/stock/kitchen')
  if (seq <= first) throw new Error('Nothing was moved.')
  await page.locator(`[data-seq="${seq}"]`).waitFor()
  const shown = await page.locator('[data-seq]').evaluateAll((rows) => rows.map((row) => Number(row.dataset.seq)))
  for (let wanted = first; wanted <= seq; wanted += 1) {
    if (shown.filter((number) => number === wanted).length !== 1) throw new Error(`Movement ${wanted} is not shown once.`)
  }
  if (shown.some((number, index) => index > 0 && number > shown[index - 1])) throw new Error('They are not in order.')
  return seq - first
}
