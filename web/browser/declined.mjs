/**
 * A card that is declined: the page says so and why, shows no success, leaves the hold and its time, and another card
 * pays. There is one charge.
 */
import { play } from './scenario.mjs'

await play(async ({ shop, open, sees, expects }) => {
  expects(/402 \(Payment Required\)/)
  const seller = await shop.person('seller')
  const buyer = await shop.person('buyer')
  const order = await buyer.holds(await seller.lists({ priceMinor: 1_250 }))
  const page = await open(`/checkout/${order.id}`, { as: buyer })

  await page.getByRole('radio', { name: 'Declined', exact: true }).check()
  await page.getByRole('button', { name: 'Pay $12.50' }).click()
  await sees(page, /declined/i)
  await page.getByTestId('time-left').waitFor()
  await showsNoSuccess(page)
  const { payments: tried } = await buyer.send('GET', `/api/orders/${order.id}/payments`)
  if (tried.some(({ status }) => status === 'succeeded')) throw new Error('The declined card was charged.')

  await page.getByRole('radio', { name: 'Succeeds', exact: true }).check()
  await page.getByRole('button', { name: 'Pay $12.50' }).click()
  await page.waitForURL(/\/orders\/ord_/)
  await page.locator('[data-status=completed]').first().waitFor()
  const { payments } = await buyer.send('GET', `/api/orders/${order.id}/payments`)
  const charged = payments.filter(({ status }) => status === 'succeeded')
  if (charged.length !== 1) throw new Error(`${charged.length} charges.`)
  return { attempts: payments.length }
})

async function showsNoSuccess(page) {
  const path = new URL(page.url()).pathname
  if (!path.startsWith('/checkout/')) throw new Error(`The page went on to ${path}.`)
  const badges = await page.locator('[data-status]').evaluateAll((all) => all.map((badge) => badge.dataset.status))
  if (badges.some((status) => ['paid', 'completed', 'shipped'].includes(status))) throw new Error(`It shows ${badges}.`)
}
