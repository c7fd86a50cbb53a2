/**
 * Somebody who uses no mouse signs in, finds a ticket, buys it and pays, at 360 px and without motion. What has the focus
 * can be seen all the way.
 */
import { fresh } from './shop.mjs'
import { play } from './scenario.mjs'

await play(async ({ shop, open }) => {
  const seller = await shop.person('seller')
  const buyer = await shop.person('buyer')
  const title = `Seat ${fresh()}`
  await seller.lists({ title, priceMinor: 2_000 })
  const page = await open('/signin?next=%2Ftickets', {
    viewport: { width: 360, height: 740 },
    reducedMotion: 'reduce',
  })
  await page.getByLabel('E-mail').waitFor()
  await goTo(page, page.getByLabel('E-mail'))
  await page.keyboard.type(buyer.email)
  await goTo(page, page.getByLabel('Password', { exact: true }))
  await page.keyboard.type(buyer.password)
  await page.keyboard.press('Enter')

  await page.waitForURL(/\/tickets$/)
  const link = page.getByRole('link', { name: title })
  await link.waitFor()
  await goTo(page, link)
  await page.keyboard.press('Enter')
  const buy = page.getByRole('button', { name: 'Buy this ticket' })
  await buy.waitFor()
  await goTo(page, buy)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/checkout\/ord_/)
  const card = page.getByRole('radio', { name: 'Succeeds', exact: true })
  await card.waitFor()
  await goTo(page, page.getByRole('radio').first())
  await page.keyboard.press('Space')
  const pay = page.getByRole('button', { name: 'Pay $20.00' })
  await goTo(page, pay)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/orders\/ord_/)
  await page.locator('[data-status=completed]').first().waitFor()
})

/** Presses Tab until the thing has the focus, and looks that the focus can be seen. */
async function goTo(page, thing) {
  const target = await thing.elementHandle()
  for (let pressed = 0; pressed < 200; pressed += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) {
      const isSeen = await target.evaluate((element) => {
        const shown = (candidate) => {
          const style = getComputedStyle(candidate)
          return style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2
        }
        for (let around = element; around !== null; around = around.parentElement) if (shown(around)) return true
        return false
      })
      if (!isSeen) throw new Error(`Nobody sees that the focus is on ${await target.evaluate((element) => element.outerHTML)}`)
      return
    }
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never gets to ${thing}.`)
}
