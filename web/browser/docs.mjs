/** The page that tries the API shows what the API is, and may run under the policy that all pages have. */
import { play } from './scenario.mjs'

await play(async ({ open, sees }) => {
  const page = await open('/docs')
  await sees(page, 'Read how this shop is set up')
})
