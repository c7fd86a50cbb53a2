/**
 * Two people, one ticket, each with a browser of their own. Whoever is first holds it; it goes from the other's list and
 * page without a reload; the first pays and has the ticket with its QR code; the other is told, and never sees success.
 */
import { fresh } from './shop.mjs'
import { play } from './scenario.mjs'

await play(async ({ shop, open, sees, expects }) => {
  // A ticket that others hold or have is not there for those who ask.
  expects(/404 \(Not Found\).*\/api\/tickets\//)
  const seller = await shop.person('seller')
  const title = `Seat ${fresh()}`
  const ticket = await seller.lists({ title, event: 'Lighthouse concert', priceMinor: 4_500 })
  const [anna, ben] = [await shop.person('anna'), await shop.person('ben')]

  const list = await open('/tickets', { as: ben })
  const looking = await open(`/tickets/${ticket.id}`, { beside: list })
  await sees(list, title)
  await looking.getByRole('button', { name: 'Buy this ticket' }).waitFor()
  await isLive(list)
  await isLive(looking)

  const buying = await open('/tickets', { as: anna })
  await buying.getByRole('link', { name: title }).click()
  await buying.getByRole('button', { name: 'Buy this ticket' }).click()
  await buying.waitForURL(/\/checkout\/ord_/)
  await buying.getByTestId('time-left').waitFor()

  await list.getByRole('link', { name: title }).waitFor({ state: 'detached' })
  await sees(list, 'has just gone')
  await looking.getByTestId('gone').waitFor()
  if ((await looking.getByRole('button', { name: 'Buy this ticket' }).count()) > 0) {
    throw new Error('Ben is still offered a ticket that Anna holds.')
  }

  await buying.getByRole('radio', { name: 'Succeeds', exact: true }).check()
  await buying.getByRole('button', { name: 'Pay $45.00' }).click()
  await buying.waitForURL(/\/orders\/ord_/)
  await buying.locator('[data-status=completed]').first().waitFor()
  await buying.getByRole('img', { name: /QR code/ }).first().waitFor()

  // Paid for good: it does not come back.
  await looking.reload()
  await sees(looking, 'This ticket cannot be had just now')
  const { orders } = await ben.send('GET', '/api/orders')
  if (orders.length !== 0) throw new Error('Ben has an order.')
  return { order: new URL(buying.url()).pathname.split('/').pop(), ticket: ticket.id }
})

async function isLive(page) {
  await page.locator('[data-liveness=live]').first().waitFor()
}
