/**
 * A hold that runs out under the eyes of its buyer: the page says it in words, to screen readers too, asks the server what
 * became of the order before it says that it is over, and offers the next step. The ticket is free again for others.
 */
import { fresh } from './shop.mjs'
import { play } from './scenario.mjs'

await play(async ({ shop, open, sees }) => {
  const seller = await shop.person('seller')
  const title = `Seat ${fresh()}`
  const ticket = await seller.lists({ title })
  const buyer = await shop.person('buyer')
  const other = await open('/tickets', { as: await shop.person('other') })
  await sees(other, title)

  const order = await buyer.holds(ticket)
  const page = await open(`/checkout/${order.id}`, { as: buyer })
  await page.getByTestId('time-left').waitFor()
  // The shop is slow to say what became of it: until then the page says that the time is over, and nothing more.
  let hasSeenTheEnd = () => {}
  const theEnd = new Promise((resolve) => {
    hasSeenTheEnd = resolve
  })
  await page.route(`**/api/orders/${order.id}*`, async (route) => {
    await theEnd
    await route.continue()
  })
  await sees(page, 'The time to pay is over.')
  const spoken = page.locator('[aria-live=assertive]', { hasText: 'The time to pay is over.' })
  await spoken.first().waitFor({ state: 'attached' })
  if ((await page.locator('[data-status=expired]').count()) > 0) throw new Error('It knew before the server said so.')
  hasSeenTheEnd()

  await page.locator('[data-status=expired]').first().waitFor()
  await sees(page, 'Nothing was charged')
  if ((await page.getByRole('button', { name: /^Pay / }).count()) > 0) throw new Error('An order that is over can be paid.')
  const { status } = await buyer.send('GET', `/api/orders/${order.id}`)
  if (status !== 'expired') throw new Error(`The page says that it is over, and the order is ${status}.`)

  await sees(other, title)
  await page.getByRole('link', { name: /ticket/i }).filter({ visible: true }).first().waitFor()
})
