/**
 * What fails is said to have failed, what is not known is said not to be known, and nothing is done twice: a refusal, a shop
 * that breaks, an answer that is lost on its way, a double click, and a network that is gone for a while.
 */
import { fresh } from './shop.mjs'
import { play } from './scenario.mjs'

await play(async ({ shop, open, sees, expects }) => {
  // The browser notes each answer that is no success, and each request that was cut off; all of them are this story.
  expects(/Failed to load resource/)
  expects(/WebSocket connection/)
  const seller = await shop.person('seller')

  await aRefusalIsNoSuccess({ shop, open, sees, seller })
  await aBrokenShopIsNoSuccess({ shop, open, sees, seller })
  await aLostAnswerMakesNoSecondOrder({ shop, open, seller })
  await aDoubleClickMakesNoSecondOrder({ shop, open, seller })
})

/** Somebody else was faster, and this page does not know it yet. */
async function aRefusalIsNoSuccess({ shop, open, sees, seller }) {
  const ticket = await seller.lists()
  const late = await shop.person('late')
  const page = await open(`/tickets/${ticket.id}`, { as: late })
  await page.getByRole('button', { name: 'Buy this ticket' }).waitFor()
  // It hears nothing from here on, and what it asks about the ticket is answered as before.
  await page.route(`**/api/tickets/${ticket.id}`, (route) => route.fulfill({ json: ticket }))
  await page.routeWebSocket?.('**/live', () => {})
  await (await shop.person('fast')).holds(ticket)
  const buy = page.getByRole('button', { name: 'Buy this ticket' })
  if ((await buy.count()) > 0) await buy.click({ timeout: 5_000 }).catch(() => {})
  await sees(page, /somebody else|cannot be had|is held/i)
  await staysAt(page, `/tickets/${ticket.id}`)
  await hasOrders(late, 0)
}

/** The shop answers with a plain 500, then with nothing at all, then works again. */
async function aBrokenShopIsNoSuccess({ shop, open, seller }) {
  const ticket = await seller.lists()
  const buyer = await shop.person('buyer')
  const page = await open(`/tickets/${ticket.id}`, { as: buyer })
  const keys = new Set()
  let isBroken = true
  await page.route('**/api/orders*', async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    keys.add(await route.request().headerValue('idempotency-key'))
    if (!isBroken) return route.continue()
    return keys.size % 2 === 0 ? route.abort() : route.fulfill({ status: 500, body: 'Internal Server Error' })
  })
  await page.getByRole('button', { name: 'Buy this ticket' }).click()
  await page.getByRole('alert').first().waitFor()
  await staysAt(page, `/tickets/${ticket.id}`)
  await hasOrders(buyer, 0)
  isBroken = false
  await page.getByRole('button', { name: 'Buy this ticket' }).click()
  await page.waitForURL(/\/checkout\/ord_/)
  // One intent, one key: whatever was carried out before would have been found again.
  if (keys.size !== 1) throw new Error(`${keys.size} keys for one intent.`)
  await hasOrders(buyer, 1)
}

/** The order is made, and its answer never arrives. */
async function aLostAnswerMakesNoSecondOrder({ shop, open, seller }) {
  const ticket = await seller.lists()
  const buyer = await shop.person('buyer')
  const page = await open(`/tickets/${ticket.id}`, { as: buyer })
  let lost = 0
  await page.route('**/api/orders*', async (route) => {
    if (route.request().method() !== 'POST' || lost > 0) return route.continue()
    lost += 1
    await route.fetch()
    return route.abort('connectionreset')
  })
  await page.getByRole('button', { name: 'Buy this ticket' }).click()
  await page.waitForURL(/\/checkout\/ord_/)
  if (lost !== 1) throw new Error('No answer was lost.')
  await hasOrders(buyer, 1)
}

/** Somebody clicks as fast as they can. */
async function aDoubleClickMakesNoSecondOrder({ shop, open, seller }) {
  const ticket = await seller.lists({ title: `Seat ${fresh()}` })
  const buyer = await shop.person('buyer')
  const page = await open(`/tickets/${ticket.id}`, { as: buyer })
  let sent = 0
  page.on('request', (request) => {
    if (request.method() === 'POST' && new URL(request.url()).pathname === '/api/orders') sent += 1
  })
  await page.getByRole('button', { name: 'Buy this ticket' }).dblclick({ delay: 5 })
  await page.waitForURL(/\/checkout\/ord_/)
  await page.getByTestId('time-left').waitFor()
  await hasOrders(buyer, 1)
  if (sent !== 1) throw new Error(`${sent} requests for one double click.`)
  // And the same for the money.
  let paid = 0
  page.on('request', (request) => {
    if (request.method() === 'POST' && new URL(request.url()).pathname.endsWith('/payments')) paid += 1
  })
  await page.getByRole('radio', { name: 'Succeeds', exact: true }).check()
  await page.getByRole('button', { name: /^Pay / }).dblclick({ delay: 5 })
  await page.waitForURL(/\/orders\/ord_/)
  if (paid !== 1) throw new Error(`${paid} payments for one double click.`)
}

async function staysAt(page, path) {
  const now = new URL(page.url()).pathname
  if (now !== path) throw new Error(`The page went on to ${now} after a failure.`)
}

async function hasOrders(person, count) {
  const { orders } = await person.send('GET', '/api/orders')
  if (orders.length !== count) throw new Error(`${orders.length} orders instead of ${count}.`)
}
