/** The home page opens for somebody who is not signed in, wide and narrow, light and dark. */
import { play } from './scenario.mjs'

await play(async ({ open, sees, isAccessible }) => {
  for (const how of [{}, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }]) {
    const page = await open('/', how)
    await sees(page, 'Holdfast')
    await page.locator('main h1').waitFor()
    await isAccessible(page)
    const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement)
    if (scrollWidth > clientWidth) throw new Error(`At ${clientWidth} px the page is ${scrollWidth} px wide.`)
  }
})
