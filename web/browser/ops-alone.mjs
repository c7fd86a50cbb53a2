/**
 * The viewer by itself, over Step Functions that know nothing of a shop: no sign-in and nothing of a shop around it, and all that
 * can be seen of and done to an execution.
 */
import { asking, Machines, TASTING, WAITING } from './machines.mjs'
import { play } from './scenario.mjs'

await play(async ({ given, open, sees, isAccessible, expects }) => {
  // Asked once, to find out whether there is a shop.
  expects(/404 \(Not Found\).*\/api\/users\/currentuser/)
  const machines = new Machines(given.states)
  const tasting = await machines.registers('tasting', TASTING)
  const failed = await machines.starts(tasting, { fails: true })
  const rests = await machines.starts(await machines.registers('resting', WAITING))
  // Nobody answers for functions here.
  const asks = await machines.starts(await machines.registers('asking', { QueryLanguage: 'JSONata', StartAt: 'Ask', States: { Ask: asking({ End: true }) } }))
  await Promise.all([failed, asks].map((one) => machines.ends(one)))

  const page = await open('/')
  await page.waitForURL(/\/ops$/)
  const row = (one) => page.getByRole('list', { name: 'Executions' }).getByRole('listitem').filter({ hasText: one.name })
  await row(rests).getByText('Running').waitFor()
  await row(failed).getByText('SoupIsCold: SoupTooCold').waitFor()
  await sees(page, given.states)
  for (const name of [/^Sign/, 'Tickets', 'Menu', 'Sell', 'My orders', 'Reports', /Queue/, /Clock/, /Local/]) {
    if (await page.getByRole('link', { name }).count()) throw new Error(`There is no shop, but a link ${name}.`)
  }
  await isAccessible(page)

  await row(rests).getByRole('link').click()
  await page.getByRole('group', { name: /^Graph of resting/ }).getByRole('button', { name: 'Let it rest, Wait, waiting' }).waitFor()
  await page.getByRole('timer').waitFor()
  await page.getByRole('button', { name: 'Stop…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Stop it' }).click()
  await page.getByTestId('headline').getByText(/^It was stopped after .*, at LetItRest\.$/).waitFor()
  await isAccessible(page)

  // Where there are no logs it is said.
  await page.goto(new URL(`/ops/execution?arn=${asks.arn}`, page.url()).href)
  await page.getByRole('tab', { name: 'Log' }).click()
  await page.getByText(/^These log groups are not there or cannot be read: \/aws\/lambda\/holdfast-describe-shop/).waitFor()
})
