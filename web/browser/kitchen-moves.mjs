/**
 * A dish is ordered and paid while somebody else looks at the kitchen's report: each movement appears there without a
 * reload, newest first, once, and with no number left out.
 */
import { play } from './scenario.mjs'

await play(async ({ shop, open, given }) => {
  const watcher = await open('/reports/kitchen')
  await watcher.locator('[data-liveness=live]').first().waitFor()
  await watcher.locator('[data-seq]').first().waitFor()
  // Anything but the document itself would have been read again by a reload.
  await watcher.evaluate(() => {
    globalThis.isTheSamePage = true
  })

  const buyer = await shop.person('eater')
  const page = await open('/menu', { as: buyer, menu: [given.dish] })
  const dish = page.getByRole('listitem').filter({ hasText: given.dish.name })
  await dish.getByRole('spinbutton').fill('1')
  await page.getByRole('button', { name: /^Order 1 dish/ }).click()
  await page.waitForURL(/\/checkout\/ord_/)
  await page.getByRole('radio', { name: 'Succeeds', exact: true }).check()
  await page.getByRole('button', { name: /^Pay / }).click()
  await page.waitForURL(/\/orders\/ord_/)
  await page.locator('[data-status=completed]').first().waitFor()
  const orderId = new URL(page.url()).pathname.split('/').pop()

  const own = await movementsOf(shop, orderId)
  if (own.length === 0) throw new Error('The order moved nothing.')
  for (const { seq } of own) await watcher.locator(`[data-seq="${seq}"]`).waitFor()
  const shown = await watcher.locator('[data-seq]').evaluateAll((rows) => rows.map((row) => Number(row.dataset.seq)))
  shown.forEach((seq, index) => {
    if (index > 0 && seq !== shown[index - 1] - 1) throw new Error(`After ${shown[index - 1]} comes ${seq}.`)
  })
  for (const { seq, kind } of own) {
    const row = watcher.locator(`[data-seq="${seq}"]`)
    const sign = (await row.locator('.quantity').textContent())?.trim() ?? ''
    if (kind === 'served' && !sign.startsWith('−')) throw new Error(`What was served is shown as ${sign}.`)
    if ((await row.getAttribute('data-kind')) !== kind) throw new Error(`Movement ${seq} is ${kind}.`)
  }
  if (!(await watcher.evaluate(() => globalThis.isTheSamePage === true))) throw new Error('The page was loaded anew.')
  return { movements: own.length }
})

/** What an order caused in the kitchen, by the API. */
async function movementsOf(shop, orderId) {
  const found = []
  let after = 0
  for (;;) {
    const { movements, nextAfter } = await shop.send('GET', `/api/stock/kitchen/movements?after=${after}&limit=100`)
    found.push(...movements.filter(({ cause }) => cause === orderId))
    if (nextAfter === after) return found
    after = nextAfter
  }
}
