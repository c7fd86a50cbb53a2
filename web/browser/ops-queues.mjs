/**
 * An operator finds out which messages are stuck and why, and redrives them: after it was said what would move, and once, however
 * often the button is clicked. Where the stack is shared only letters of this scenario are moved.
 */
import { fresh } from './shop.mjs'
import { play } from './scenario.mjs'

await play(async ({ shop, given, open, sees, isAccessible, expects }) => {
  expects(/40[13] \((Unauthorized|Forbidden)\).*\/api\/ops\/viewer/)
  const operator = shop.knows(given.operator)
  const buyer = await shop.person('buyer')
  const order = await buyer.holds(await (await shop.person('seller')).lists())
  const { queues } = await operator.send('GET', '/api/ops/queues')
  const queue = queues.find(({ feeds }) => feeds === 'request-payment')
  // Old messages of a living order: whoever works on them has nothing to do any more.
  const old = { order_id: order.id, task_token: 'gone', awaited_since: '2020-01-01T00:00:00Z' }
  const throttled = `The table ${fresh()} is throttled.`
  const one = await letter(queue, { ...old, errorMessage: throttled })
  const other = await letter(queue, old)

  // What is stuck is said first, wherever one comes from.
  const page = await open('/ops', { as: operator })
  const ways = page.getByRole('navigation', { name: 'Operations pages' })
  await ways.getByRole('link', { name: 'Queues' }).click()
  await sees(page, /dead letters? of /)
  await page.getByRole('list', { name: 'Queues' }).getByRole('listitem').first().getByText(/^[\d,]+ dead letters?$/).waitFor()
  await isAccessible(page)

  // Its letters, each with what it says; the address keeps which queue it is.
  await page.getByRole('link', { name: queue.name, exact: true }).click()
  await page.waitForURL((url) => url.searchParams.get('queue') === queue.name)
  await page.getByRole('heading', { name: `Dead letters of ${queue.name}` }).waitFor()
  const article = (id) => page.locator(`[data-letter="${id}"]`)
  await inReach(page, article(one), article(other))
  await article(one).getByText(`It says: ${throttled}`).waitFor()
  await article(other).getByText('The message does not say why.').waitFor()
  await article(one).getByText(/received \d+ times|received once/).waitFor()
  await isAccessible(page)

  // The order that it is about.
  await article(one).getByRole('link', { name: `Order ${order.id}` }).click()
  await page.getByRole('list', { name: 'Executions' }).getByRole('link', { name: order.id, exact: true }).waitFor()
  await page.goBack()
  await inReach(page, article(one), article(other))

  // First it is said what would be; whoever leaves it has moved nothing.
  const dialog = page.getByRole('dialog')
  await redrive(page, article(one))
  await dialog.getByText(`One letter would be sent to ${queue.name} again, where request-payment receives it next.`).waitFor()
  await dialog.getByText(/request-payment must notice what it has done before/).waitFor()
  await isAccessible(page)
  await dialog.getByRole('button', { name: 'Leave them there' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await article(one).waitFor()

  // A double click moves it once.
  let asked = 0
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().includes('/redrive') && request.postDataJSON().dryRun === false) asked += 1
  })
  await redrive(page, article(one))
  await dialog.getByRole('button', { name: 'Redrive it' }).dblclick()
  await page.locator(`[data-outcome]`, { hasText: one }).getByText('moved: request-payment receives it next').waitFor()
  await article(one).waitFor({ state: 'hidden' })
  await article(other).waitFor()
  if (asked !== 1) throw new Error(`It was asked ${asked} times to move one letter.`)

  if (given.isOwn) {
    await page.getByRole('button', { name: 'Redrive all…' }).click()
    await dialog.getByRole('button', { name: /^Redrive (it|these \d+|all)$/ }).click()
  } else {
    await redrive(page, article(other))
    await dialog.getByRole('button', { name: 'Redrive it' }).click()
  }
  await page.locator(`[data-outcome]`, { hasText: other }).getByText('moved: request-payment receives it next').waitFor()
  await isAccessible(page)

  // The same on a narrow screen, and nothing of it for others.
  const narrow = await open(`/ops/queues?queue=${queue.name}`, { as: operator, viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
  await narrow.getByRole('heading', { name: `Dead letters of ${queue.name}` }).waitFor()
  await isAccessible(narrow)
  const { scrollWidth, clientWidth } = await narrow.evaluate(() => document.documentElement)
  if (scrollWidth > clientWidth) throw new Error(`It is ${scrollWidth} px wide on a screen of ${clientWidth} px.`)
  const stranger = await open('/ops/queues', { as: buyer })
  await sees(stranger, 'Operators see these pages')

  /** Puts a message among the dead letters, as if it could not be worked on; its id. */
  async function letter({ deadLetters }, body) {
    const answer = await fetch(new URL('/', deadLetters.url), {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.SendMessage',
        authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/sqs/aws4_request, SignedHeaders=host, Signature=none',
      },
      body: JSON.stringify({ QueueUrl: deadLetters.url, MessageBody: JSON.stringify(body) }),
    })
    const told = await answer.json()
    if (!answer.ok) throw new Error(`A letter was not taken: ${JSON.stringify(told)}`)
    return told.MessageId
  }
})

/** Somebody else's test may look at the letters at the same moment: then they are not among those that are seen. */
async function inReach(page, ...articles) {
  const again = page.getByRole('button', { name: /^Look (again|all the same)$/ })
  for (;;) {
    await page.waitForFunction(() => document.querySelector('main .ghost') === null)
    await again.or(articles[0]).first().waitFor()
    const seen = await Promise.all(articles.map((article) => article.isVisible()))
    if (seen.every(Boolean)) return
    const looked = page.waitForResponse((response) => response.url().includes('/letters'))
    await again.click()
    await looked
  }
}

/** Opens what would be, as often as it takes until the letter is in reach. */
async function redrive(page, article) {
  const dialog = page.getByRole('dialog')
  for (;;) {
    await article.getByRole('button', { name: 'Redrive this letter…' }).click()
    const would = dialog.getByText('would be sent to')
    await would.or(dialog.getByText(/No such letter is among the dead letters|No letter can be seen now/)).first().waitFor()
    if (await would.isVisible()) return
    await dialog.getByRole('button', { name: 'Leave them there' }).click()
    await dialog.waitFor({ state: 'hidden' })
  }
}
