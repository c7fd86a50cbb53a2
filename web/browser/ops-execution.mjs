/**
 * The execution of an order that waits for its payment: what it waits for and how long, drawn; then it is paid, and the same
 * drawing goes on to its end. Everything that happened is found in time, event by event, state by state and as a table, by mouse
 * and by keyboard; the drawing is kept as a file.
 */
import { readFileSync } from 'node:fs'
import { play } from './scenario.mjs'

await play(async ({ shop, given, open, sees }) => {
  const operator = shop.knows(given.operator)
  const buyer = await shop.person('buyer')
  const order = await buyer.holds(await (await shop.person('seller')).lists())
  const found = await operator.send('GET', `/api/ops/executions?name=${order.id}&machine=holdfast-order`)
  const page = await open(`/ops/execution?arn=${found.executions[0].executionArn}`, { as: operator })
  const graph = page.getByRole('group', { name: 'Graph of holdfast-order' })
  const node = (words) => graph.getByRole('button', { name: words })
  const panel = page.getByRole('complementary', { name: 'The chosen state' })
  const tab = (name) => page.getByRole('tab', { name, exact: true })

  // It waits, and until when is counted down.
  await page.getByRole('heading', { level: 1, name: order.id }).waitFor()
  const timer = page.getByRole('timer')
  await timer.waitFor()
  const left = await timer.textContent()
  if (!/^1[0-5]:[0-5]\d$/.test(left.trim())) throw new Error(`The hold of a quarter of an hour has ${left} left.`)
  await page.waitForFunction(([then]) => document.querySelector('[role=timer]')?.textContent !== then, [left])
  await node('Await payment, Task, waiting').waitFor()
  await node('Charge payment, Task, not entered').waitFor()
  await panel.getByRole('heading', { name: 'AwaitPayment' }).waitFor()
  const takenAtFirst = await graph.locator('.edge.taken').count()
  if (takenAtFirst !== 1) throw new Error(`${takenAtFirst} lines are bright before anything was paid.`)

  // It goes on in the drawing that is there.
  await graph.evaluate((drawing) => Object.assign(drawing, { isTheSame: true }))
  const before = await placesOf(graph)
  await buyer.pays(order)
  await page.locator('main [data-status=SUCCEEDED]').first().waitFor()
  await node('Await payment, Task, succeeded').waitFor()
  await node('Charge payment, Task, succeeded').waitFor()
  await node('Order cancelled, Succeed, not entered').waitFor()
  if ((await graph.locator('.edge.taken').count()) <= takenAtFirst) throw new Error('The path that was taken is not bright.')
  if ((await page.getByRole('timer').count()) > 0) throw new Error('Something is still counted down.')
  if (!(await graph.evaluate((drawing) => drawing.isTheSame))) throw new Error('It was drawn anew.')
  same(await placesOf(graph), before, 'where the states stand')

  // By keyboard: into the drawing, along it, choosing, nearer and all of it.
  await tab('Graph').focus()
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim())
  for (let pressed = 0; !(await focused())?.startsWith('Await payment'); pressed += 1) {
    if (pressed > 12) throw new Error(`Tab gets to no state of the graph, but to ${await focused()}.`)
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Home')
  if (!(await focused()).startsWith('Is anything short')) throw new Error(`Home leads to ${await focused()}.`)
  for (let pressed = 0; !(await focused()).startsWith('Charge payment'); pressed += 1) {
    if (pressed > 6) throw new Error(`The arrow leads past the charge, to ${await focused()}.`)
    await page.keyboard.press('ArrowDown')
  }
  await page.keyboard.press('Enter')
  await panel.getByRole('heading', { name: 'ChargePayment' }).waitFor()
  await graph.getByRole('button', { name: /^Charge payment/, pressed: true }).waitFor()
  const scale = page.getByText(/^\d+ %$/)
  const scaleNow = async () => Number.parseInt(await scale.textContent(), 10)
  const first = await scaleNow()
  await page.keyboard.press('+')
  await page.waitForFunction((than) => Number.parseInt(document.querySelector('.scale').textContent, 10) > than, first)
  await page.keyboard.press('0')
  await page.waitForFunction((than) => Number.parseInt(document.querySelector('.scale').textContent, 10) < than, first)
  await page.getByRole('button', { name: 'Zoom in' }).click()
  await page.getByRole('button', { name: 'Zoom out' }).click()
  await page.getByRole('button', { name: 'Fit', exact: true }).click()

  // The other direction is another drawing of the same.
  await page.getByRole('button', { name: 'Draw from left to right' }).click()
  await page.getByRole('button', { name: 'Draw from top to bottom' }).waitFor()
  await page.waitForFunction(
    () => {
      const at = (name) => document.querySelector(`[data-place="/${name}"]`).getBoundingClientRect()
      return at('ChargePayment').left > at('AwaitPayment').right
    },
  )
  await page.getByRole('button', { name: 'Draw from top to bottom' }).click()

  // What it was given, gave and did.
  await panel.getByRole('heading', { name: 'What changed' }).waitFor()
  await panel.getByRole('list', { name: 'Contents of the input' }).waitFor()
  await panel.getByRole('list', { name: 'Contents of the output' }).waitFor()
  await panel.getByRole('tab', { name: '1 try' }).click()
  await panel.getByText('What was asked').click()
  await panel.getByText('charge-payment').first().waitFor()
  await panel.getByRole('tab', { name: 'Definition' }).click()
  await panel.getByText('TimeoutSeconds').waitFor()
  await panel.getByRole('tab', { name: 'Log' }).click()
  const log = panel.getByRole('list', { name: /^Log of .*charge-payment/ })
  await again(panel.getByRole('button', { name: 'Read the log' }), log.getByText(order.id).first())
  await log.getByText(/^REPORT RequestId/).first().waitFor()

  // The drawing as files.
  const svg = await downloaded(page, page.getByRole('button', { name: 'Save the graph as SVG' }))
  if (svg.name !== 'holdfast-order.svg') throw new Error(`The file is called ${svg.name}.`)
  const said = await page.evaluate((text) => {
    const file = new DOMParser().parseFromString(text, 'image/svg+xml')
    return { isBroken: file.querySelector('parsererror') !== null, root: file.documentElement.tagName, text: file.documentElement.textContent }
  }, svg.content.toString())
  if (said.isBroken || said.root !== 'svg') throw new Error('The SVG file is none.')
  for (const name of ['AwaitPayment', 'ChargePayment', 'CompleteOrder', 'ExpireOrder']) if (!said.text.includes(name)) throw new Error(`The file does not name ${name}.`)
  const png = await downloaded(page, page.getByRole('button', { name: 'Save the graph as PNG' }))
  const magic = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
  if (!magic.every((byte, place) => png.content[place] === byte) || png.content.length < 10_000) throw new Error(`${png.name} is no picture.`)

  // The table says the same as the graph.
  const drawn = await graph.getByRole('button').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))
  await tab('Table').click()
  const rows = page.getByRole('region', { name: 'All states' }).locator('tbody tr')
  await rows.first().waitFor()
  const told = await rows.evaluateAll((all) =>
    all.map((row) => [row.querySelector('th button').textContent, row.cells[2].firstChild.textContent, row.cells[1].textContent].map((words) => words.trim())),
  )
  const asSaid = told.map(([name, type, status]) => `${spaced(name)}, ${type}, ${status}`)
  same(asSaid.map((words) => words.toLowerCase()).sort(), drawn.map((words) => words.toLowerCase()).sort(), 'what graph and table tell')
  await page.getByRole('button', { name: 'CompleteOrder', exact: true }).click()
  await panel.getByRole('heading', { name: 'CompleteOrder' }).waitFor()

  // In time.
  await tab('Timeline').click()
  const times = page.getByRole('tree', { name: 'States in time' })
  await times.getByRole('treeitem', { name: /^AwaitPayment ?, Task, succeeded/ }).click()
  await panel.getByRole('heading', { name: 'AwaitPayment' }).waitFor()
  await times.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await panel.getByRole('heading', { name: 'ChargePayment' }).waitFor()

  // Event by event: of one kind, of one state, with a text, by its number.
  await tab('Events').click()
  const events = page.getByRole('region', { name: 'Events' })
  const count = events.getByRole('status')
  await page.getByLabel('Kind').selectOption('States entered and left')
  await count.getByText(/^\d+ of \d+ events$/).waitFor()
  await events.getByRole('button', { name: /Task state entered.*ChargePayment/ }).waitFor()
  await page.getByLabel('Kind').selectOption('All kinds')
  await page.getByLabel('State', { exact: true }).selectOption('AwaitPayment')
  await events.getByRole('button', { name: /Task submitted/ }).waitFor()
  await page.getByLabel('State', { exact: true }).selectOption('All states')
  await page.getByLabel('Search').fill('execution succeeded')
  await count.getByText(/^1 of \d+ events$/).waitFor()
  await page.getByLabel('Search').fill('')
  await page.getByLabel('Event number').fill('1')
  await page.getByRole('button', { name: 'Go to event' }).click()
  await events.getByRole('button', { name: /^1 Execution started/ }).click()
  await page.getByRole('group', { name: 'Event 1 as it was told' }).getByText('executionStartedEventDetails').waitFor()
  await page.getByLabel('Event number').fill('9999')
  await page.getByRole('button', { name: 'Go to event' }).click()
  await sees(page, 'There is no event 9999 in this history.')
})

/** Where every state stands in the drawing. */
async function placesOf(graph) {
  return graph.locator('[data-place]').evaluateAll((all) => all.map((one) => `${one.getAttribute('data-place')} ${one.getAttribute('transform')}`))
}

function same(now, before, what) {
  if (JSON.stringify(now) !== JSON.stringify(before)) throw new Error(`It is not the same, ${what}:\n${JSON.stringify(before)}\n${JSON.stringify(now)}`)
}

/** `AwaitPayment` as it is said: `Await payment`. */
function spaced(name) {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, ' ')
}

/** A file that a press of a button gives. */
async function downloaded(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()])
  return { name: download.suggestedFilename(), content: readFileSync(await download.path()) }
}

/** Presses until something is there: lines of a log may come late. */
async function again(button, thing) {
  for (let pressed = 0; pressed < 30; pressed += 1) {
    const isThere = await thing.waitFor({ timeout: 1_000 }).then(() => true, () => false)
    if (isThere) return
    await button.click()
  }
  await thing.waitFor()
}
