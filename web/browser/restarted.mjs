/** The shop is stopped and started again under an open page. */
import { play } from './scenario.mjs'

await play(async ({ shop, open, sees, ask, expects }) => {
  // Nobody answers for a while, and the browser says so of every request.
  expects(/WebSocket connection to .*\/live/)
  expects(/Failed to load resource/)
  const seller = await shop.person('seller')
  const before = await seller.lists()
  const page = await open('/tickets')
  const is = (liveness) => page.locator(`[data-liveness="${liveness}"]`).first().waitFor({ state: 'attached' })
  await sees(page, before.title)
  await is('live')

  await ask('stop-the-shop')
  await is('offline')
  await sees(page, before.title)

  await ask('start-the-shop')
  const after = await seller.lists()
  await sees(page, after.title)
  await is('live')
})
