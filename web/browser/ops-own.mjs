/**
 * What the pages know of our own machines: an operator buys, sees from the order's page what its execution waits for, pays from
 * there, and sees what was written; for somebody else's order there is no paying and no cancelling; one that was stopped says
 * what becomes of it and which button is safe; and the hold that began it is drawn, though it is Express.
 */
import { play } from './scenario.mjs'

await play(async ({ shop, given, open, sees, seesNot, isAccessible, expects }) => {
  // A ticket that is held is shown to its buyer and seller alone; an execution that was just begun is not there yet.
  expects(/Failed to load resource.*404/)
  const operator = shop.knows(given.operator)
  const seller = await shop.person('seller')

  await itsBuyerPays({ open, sees, isAccessible, operator, ticket: await seller.lists() })
  await itsBuyerCancels({ open, sees, operator, ticket: await seller.lists() })
  const others = await (await shop.person('buyer')).holds(await seller.lists())
  await anOperatorStops({ open, sees, seesNot, isAccessible, operator, order: others })
})

/** The execution of an order. */
async function executionOf(operator, order) {
  const found = await operator.send('GET', `/api/ops/executions?name=${order.id}&machine=holdfast-order`)
  return `/ops/execution?arn=${found.executions[0].executionArn}`
}

async function itsBuyerPays({ open, sees, isAccessible, operator, ticket }) {
  const order = await operator.holds(ticket)
  const page = await open(`/orders/${order.id}`, { as: operator })
  await page.getByRole('link', { name: 'See how it runs' }).click()
  await page.getByRole('link', { name: order.id }).first().click()
  const own = page.getByTestId('own-headline')
  await own.getByText(/^Waiting for payment, the hold ends in 1[0-5]:[0-5]\d$/).waitFor()
  await sees(page, /^You can pay or cancel until /)
  await sees(page, 'Waits for payment')
  // The hold's own end is counted down, and not the state's.
  const left = (await page.getByRole('timer').textContent()).trim()
  if (!(await own.textContent()).endsWith(left)) throw new Error(`The headline says ${await own.textContent()}, the badge ${left}.`)
  await isAccessible(page)

  await page.getByRole('link', { name: 'Pay this order' }).click()
  await page.getByRole('heading', { level: 1, name: 'Checkout' }).waitFor()
  await operator.pays(order)
  await page.goto(new URL(await executionOf(operator, order), page.url()).href)
  await own.getByText('Paid and sold', { exact: true }).waitFor()

  // A ticket that was paid costs five transitions, and the units that are counted for that.
  await page.getByText(/^About \$0\.000149 with its order’s DynamoDB units/).click()
  await page.getByRole('row', { name: /^Standard transitions 5 / }).waitFor()

  // Everything that was written, by whom.
  await page.getByRole('tab', { name: 'Effects' }).click()
  const charge = page.getByRole('region', { name: 'Effects of ChargePayment' })
  await charge.getByText('The card was charged.').waitFor()
  await charge.getByText('$45.00').waitFor()
  await page.getByRole('region', { name: 'Effects of AwaitPayment' }).getByText(/^Sent to holdfast-payment-requests/).waitFor()
  await page.getByRole('region', { name: 'LockTicket, in hold-order' }).getByText(/is held for this order/).waitFor()
  await charge.getByRole('button', { name: 'Show ChargePayment' }).click()
  await page.getByRole('region', { name: 'What it wrote' }).getByText('The card was charged.').waitFor()
  await isAccessible(page)

  // Given back: what it undid is told on both sides.
  await operator.send('POST', `/api/orders/${order.id}/refund`, {})
  await isGivenBack(operator, order)
  await page.reload()
  await charge.getByRole('button', { name: /^Undone by Refund, / }).click()
  await page.getByText('Money was given back.').waitFor()
  await own.getByText('Paid and sold, and refunded since').waitFor()

  // What held it is Express: drawn from the log.
  await page.getByRole('link', { name: 'The hold that started it' }).click()
  await page.getByTestId('own-headline').getByText('The ticket was held for your order').waitFor()
  await page.getByRole('button', { name: /^Lock ticket, Task, succeeded/ }).waitFor()
  await isAccessible(page)
}

/** Waits until the execution that gives money back has done so. */
async function isGivenBack(operator, { id }) {
  const deadline = Date.now() + 60_000
  for (;;) {
    const order = await operator.send('GET', `/api/orders/${id}`)
    if (order.refundedMinor > 0) return
    if (Date.now() > deadline) throw new Error(`Nothing was given back of ${JSON.stringify(order)}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function itsBuyerCancels({ open, sees, operator, ticket }) {
  const order = await operator.holds(ticket)
  const page = await open(await executionOf(operator, order), { as: operator, viewport: { width: 360, height: 740 } })
  await page.getByRole('button', { name: 'Cancel this order' }).click()
  await page.getByRole('button', { name: 'Yes, cancel it' }).click()
  await page.getByTestId('own-headline').getByText('Cancelled by its buyer, and the ticket is free again').waitFor()
  await sees(page, /It succeeded in/)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (wide > 0) throw new Error(`The page is ${wide} px wider than the window.`)
}

async function anOperatorStops({ open, sees, seesNot, isAccessible, operator, order }) {
  const page = await open(await executionOf(operator, order), { as: operator, colorScheme: 'dark' })
  await sees(page, /^Only its buyer can pay or cancel until /)
  await seesNot(page, 'Pay this order')
  await seesNot(page, 'Cancel this order')
  await seesNot(page, 'Your order’s page')
  await page.getByRole('button', { name: 'Stop…' }).click()
  await sees(page, /The reconciler enters the order again by itself/)
  await page.getByRole('dialog').getByRole('button', { name: 'Stop it' }).click()
  await page.getByTestId('own-headline').getByText(/^Stopped, by a person or with the execution that started it\. It stood at: Waiting for payment/).waitFor()
  const advice = page.getByRole('region', { name: 'What to do' })
  await advice.getByText(/Redrive… and Start again… are both safe/).waitFor()
  await advice.getByText('The runbook: Stuck orders').click()
  await advice.getByText(/Everything it holds is kept/).waitFor()
  await isAccessible(page)
}
