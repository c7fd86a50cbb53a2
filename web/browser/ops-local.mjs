/**
 * An operator lets things go wrong on this machine, and every page of operations says that the world is unusual. On a shared stack
 * faults strike a machine of the scenario's own, and the clock is only looked at; on its own (`given.isOwn`) time passes, cards are
 * declined, and what is ready is set.
 */
import { asking, Machines } from './machines.mjs'
import { play } from './scenario.mjs'

await play(async ({ shop, given, open, sees, seesNot, isAccessible, expects }) => {
  expects(/404 \(Not Found\)|40[13] \((Unauthorized|Forbidden)\)/)
  const operator = shop.knows(given.operator)
  const machines = new Machines(given.states)
  const cooking = await machines.registers('cooking', {
    QueryLanguage: 'JSONata',
    StartAt: 'AskTheKitchen',
    States: {
      AskTheKitchen: asking({ Catch: [{ ErrorEquals: ['KitchenOnFire'], Next: 'TheKitchenBurns' }], Next: 'Served' }),
      TheKitchenBurns: { Type: 'Fail', Error: 'NoSoupToday' },
      Served: { Type: 'Succeed' },
    },
  })

  const page = await open('/ops', { as: operator })
  const ways = page.getByRole('navigation', { name: 'Operations pages' })
  const faults = page.getByRole('list', { name: 'Faults that are set' })
  const mine = faults.getByRole('listitem').filter({ hasText: cooking.name })
  await ways.getByRole('link', { name: 'This machine' }).click()
  await page.getByRole('heading', { name: 'This machine' }).waitFor()

  // A fault is put together; what it will do is said before.
  await page.getByText('Put a fault together').click()
  await page.getByRole('button', { name: 'Set this fault' }).click()
  await sees(page, 'Choose a machine.')
  await page.getByLabel('Machine', { exact: true }).selectOption(cooking.name)
  await page.getByLabel('What goes wrong').selectOption('It fails')
  await page.getByLabel('State', { exact: true }).selectOption('AskTheKitchen')
  const suggested = await page.locator('datalist option').evaluateAll((options) => options.map(({ value }) => value))
  if (!suggested.includes('KitchenOnFire')) throw new Error(`The errors that the definition names are not offered: ${suggested}`)
  await page.getByLabel('With the error').fill('KitchenOnFire')
  await sees(page, `At AskTheKitchen of ${cooking.name}, once: It fails with KitchenOnFire.`)
  await isAccessible(page)
  await page.getByRole('button', { name: 'Set this fault' }).dblclick()
  await mine.getByText('It has not struck yet.').waitFor()
  if ((await mine.count()) !== 1) throw new Error('It was set more than once.')

  // Everybody who looks at operations is told.
  await ways.getByRole('link', { name: 'Executions' }).click()
  await page.getByTestId('unusual').getByText(/^On this machine: .*faults? (is|are) set/).waitFor()
  await isAccessible(page)
  await page.getByTestId('unusual').getByRole('link').click()

  // It strikes, and is seen to have struck without anybody asking.
  await mine.waitFor()
  const execution = await machines.ends(await machines.starts(cooking))
  if (execution.error !== 'NoSoupToday') throw new Error(`The fault did not strike: ${JSON.stringify(execution)}`)
  await mine.getByText('It has struck, and strikes no more.').waitFor()
  await mine.getByRole('button', { name: /^Remove/ }).click()
  await mine.waitFor({ state: 'hidden' })

  // Time never goes back, so it is asked for twice.
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'Let 15 minutes pass…' }).click()
  await dialog.getByText('Time never goes back.').waitFor()
  await isAccessible(page)
  await dialog.getByRole('button', { name: 'Leave the clock alone' }).click()
  await page.getByLabel('Another number of minutes').fill('1441')
  await page.getByRole('button', { name: 'Let them pass…' }).click()
  await sees(page, /which is a day/)

  if (given.isOwn) await changeTheWorld()

  // The same on a narrow screen, and nothing of it for others.
  const narrow = await open('/ops/local', { as: operator, viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
  await narrow.getByRole('heading', { name: 'Faults' }).waitFor()
  await narrow.waitForFunction(() => document.querySelector('main .ghost') === null)
  await isAccessible(narrow)
  const { scrollWidth, clientWidth } = await narrow.evaluate(() => document.documentElement)
  if (scrollWidth > clientWidth) throw new Error(`It is ${scrollWidth} px wide on a screen of ${clientWidth} px.`)
  const stranger = await open('/ops/local', { as: await shop.person('buyer') })
  await sees(stranger, 'Operators see these pages')

  /** What would disturb everybody on a shared stack. */
  async function changeTheWorld() {
    const buyer = await shop.person('buyer')
    const seller = await shop.person('seller')
    const order = await buyer.holds(await seller.lists())

    // A hold ends when its time is let pass, once, although the button is clicked twice.
    const before = (await operator.send('GET', '/api/ops/local/clock')).aheadS
    await page.getByRole('button', { name: 'Let 15 minutes pass…' }).click()
    await dialog.getByRole('button', { name: 'Let it pass' }).dblclick()
    await sees(page, '15 minutes have passed.')
    const after = (await operator.send('GET', '/api/ops/local/clock')).aheadS
    if (after < before + 899 || after > before + 1_799) throw new Error(`The clock was ${before} s ahead, and is now ${after} s.`)
    const orders = await open(`/orders/${order.id}`, { as: buyer })
    await orders.locator('[data-status=expired]').first().waitFor()

    const declines = page.getByRole('switch', { name: 'Every card is declined' })
    await declines.click()
    await page.locator('[role=switch]:checked').waitFor()
    await page.getByRole('button', { name: 'Set it: The next charge is lost after it was made' }).click()
    await faults.getByText('It has not struck yet.').waitFor()
    await ways.getByRole('link', { name: 'Queues' }).click()
    await page.getByTestId('unusual').getByText('On this machine: 1 fault is set, every card is declined, and the clock is 15 minutes ahead.').waitFor()
    await page.getByTestId('unusual').getByRole('link').click()
    await page.getByRole('button', { name: 'Remove all faults' }).click()
    await sees(page, 'No fault is set')
    await page.locator('[role=switch]:checked').waitFor()
    await declines.click()
    await page.locator('[role=switch]:checked').waitFor({ state: 'detached' })
    await ways.getByRole('link', { name: 'Executions' }).click()
    await page.getByTestId('unusual').getByText('On this machine: the clock is 15 minutes ahead.').waitFor()
    await seesNot(page, 'every card is declined')
    await ways.getByRole('link', { name: 'This machine' }).click()
  }
})
