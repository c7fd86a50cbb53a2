/** A scenario that fails in every way it can, to see that this is told: it asks, and its page complains. */
import { play } from './scenario.mjs'

await play(async ({ open, ask, given }) => {
  const page = await open('/')
  if ((await page.getByText(given.looksFor).count()) > 0) return
  if ((await ask('what-is-wrong')) !== true) return
  await page.evaluate(() => console.error('a complaint of the page'))
})
