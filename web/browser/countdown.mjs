/**
 * The countdown shows the time that the server's clock leaves, whatever the browser's says: with a clock seven minutes ahead,
 * seven behind, and one that is set while the page is open. This process runs beside the server, so its own clock is right.
 */
import { play } from './scenario.mjs'

const MINUTES_7 = 7 * 60_000
/** The API's clock comes in whole seconds, a figure is rounded up, and a look takes a moment. */
const OFF_MAX_S = 4

await play(async ({ shop, open }) => {
  const seller = await shop.person('seller')
  const buyer = await shop.person('buyer')
  const shown = []
  for (const clockOffMs of [MINUTES_7, -MINUTES_7, 0]) {
    const order = await buyer.holds(await seller.lists())
    const page = await open(`/checkout/${order.id}`, { as: buyer, clockOffMs })
    await page.getByTestId('time-left').waitFor()
    const wrongMs = await page.evaluate(() => Date.now())
    if (Math.abs(wrongMs - Date.now() - clockOffMs) > 60_000) throw new Error('The browser has the right time: nothing is tested.')
    shown.push(await isTrue(page, order))
    // Nobody is told of every second: the region that is spoken is empty until the end is near.
    const spoken = await page.locator('[aria-live=assertive]').first().textContent()
    if (spoken?.trim() !== '') throw new Error(`A screen reader hears "${spoken}" with a quarter of an hour left.`)
    if (clockOffMs === 0) {
      // Somebody sets the clock while the page is open.
      await page.evaluate(() => {
        const right = Date.now
        Date.now = () => right() + 7 * 60_000
      })
      shown.push(await isTrue(page, order))
    }
    await buyer.send('DELETE', `/api/orders/${order.id}`)
  }
  return { shownS: shown }
})

/** Looks at the figure and compares it with the true time left, in seconds. */
async function isTrue(page, order) {
  const before = Date.now()
  const text = await page.getByTestId('time-left').textContent()
  const after = Date.now()
  const parts = /^(\d+):(\d\d)$/.exec(text?.trim() ?? '')
  if (parts === null) throw new Error(`The countdown shows ${text}.`)
  const shownS = Number(parts[1]) * 60 + Number(parts[2])
  const endsMs = Date.parse(order.hold.expiresAt)
  const mostS = (endsMs - before) / 1_000 + OFF_MAX_S
  const leastS = (endsMs - after) / 1_000 - OFF_MAX_S
  if (shownS > mostS || shownS < leastS) {
    throw new Error(`It shows ${shownS} s, and ${Math.round((endsMs - after) / 1_000)} s are left.`)
  }
  return shownS
}
