/**
 * An operator looks for executions: by machine, status, time, order, failing state and error; the address keeps what was chosen;
 * what is new or changes is seen without a reload. Nobody else is told anything.
 */
import { Machines, TASTING, WAITING } from './machines.mjs'
import { play } from './scenario.mjs'

await play(async ({ shop, given, open, sees, seesNot, expects }) => {
  // The page says in words what the browser says in its console.
  expects(/40[13] \((Unauthorized|Forbidden)\).*\/api\/ops\/viewer/)
  const operator = shop.knows(given.operator)
  const buyer = await shop.person('buyer')
  const seller = await shop.person('seller')
  const order = await buyer.holds(await seller.lists())
  const machines = new Machines(given.states)
  const tasting = await machines.registers('tasting', TASTING)
  const resting = await machines.registers('resting', WAITING)
  const good = await machines.starts(tasting)
  const bad = await machines.starts(tasting, { fails: true })
  const rests = await machines.starts(resting)
  await Promise.all([good, bad].map((one) => machines.ends(one)))

  const page = await open('/ops', { as: operator })
  const rows = page.getByRole('list', { name: 'Executions' }).getByRole('listitem')
  const row = (one) => rows.filter({ hasText: one.name ?? one.id })
  /** Waits until exactly these are listed. */
  const lists = async (...ones) => {
    await Promise.all(ones.map((one) => row(one).waitFor()))
    await page.waitForFunction((count) => document.querySelectorAll('ul[aria-label="Executions"] > li').length === count, ones.length)
  }
  const asks = (name, value) => page.waitForURL((url) => (value === null ? !url.searchParams.has(name) : url.searchParams.getAll(name).join() === value))
  const chip = (name) => page.getByRole('group', { name: 'Status' }).getByRole('button', { name })

  // All machines together, the shop's and others.
  await row(order).getByText('Running').waitFor()
  await row(rests).waitFor()
  await row(bad).getByText('SoupIsCold: SoupTooCold').waitFor()

  // By machine, in the order of time; how many there are of each status.
  await page.getByLabel('Machine').selectOption(tasting.name)
  await lists(good, bad)
  await asks('machine', tasting.name)
  await chip('Failed 1').waitFor()
  await chip('Succeeded 1').waitFor()

  // What went wrong, in one click, and by one status.
  await page.getByRole('button', { name: 'Failed only' }).click()
  await lists(bad)
  await asks('status', 'FAILED,TIMED_OUT,ABORTED')
  await page.reload()
  await lists(bad)
  await page.getByRole('button', { name: 'Failed only', pressed: true }).click()
  await lists(good, bad)
  await chip('Succeeded 1').click()
  await lists(good)

  // A list is gone back to as it was.
  await row(good).getByRole('link').click()
  await page.getByRole('heading', { level: 1, name: good.name }).waitFor()
  await page.goBack()
  await lists(good)
  await page.getByRole('button', { name: 'Clear all filters' }).click()
  await asks('machine', null)
  await asks('status', null)

  // By the text of an error and the state that failed; an order by its id.
  await page.getByLabel('Machine').selectOption(tasting.name)
  await page.getByLabel('Error says').fill('at the window')
  await lists(bad)
  await page.getByLabel('Error says').fill('in the cellar')
  await sees(page, 'No execution is like that')
  await page.getByLabel('Error says').fill('')
  await page.getByLabel('Failed at state').fill('SoupIsCold')
  await lists(bad)
  await page.getByLabel('Failed at state').fill('')
  await page.getByLabel('Machine').selectOption('All machines')
  await page.getByLabel('Name or order').fill(order.id)
  await row(order).getByText('holdfast-order').waitFor()
  await asks('name', order.id)
  await seesNot(page, bad.name)

  // By time: within the last hour, and until a moment long ago.
  await page.getByLabel('Started').selectOption('In the last hour')
  await asks('since', 'hour')
  await row(order).waitFor()
  await page.getByLabel('Started').selectOption('Between…')
  await page.getByLabel('From').fill('2026-01-01T00:00')
  await page.getByLabel('Until').fill('2026-01-02T00:00')
  await sees(page, 'No execution is like that')
  await page.getByRole('link', { name: 'clear them all' }).click()
  await row(bad).waitFor()

  // What begins and ends meanwhile is seen by itself.
  await page.getByLabel('Machine').selectOption(resting.name)
  await lists(rests)
  await chip('Running 1').waitFor()
  await page.evaluate(() => Object.assign(globalThis, { isTheSamePage: true }))
  const late = await machines.starts(resting)
  await row(late).getByText('Running', { exact: true }).waitFor()
  await chip('Running 2').waitFor()
  await machines.call('StopExecution', { executionArn: late.arn, error: 'Enough' })
  await row(late).getByText('Stopped', { exact: true }).waitFor()
  await row(late).getByText('LetItRest: Enough').waitFor()
  await chip('Stopped 1').waitFor()
  if (!(await page.evaluate(() => globalThis.isTheSamePage))) throw new Error('The page was loaded again.')

  // Nobody else learns anything, from the page or from the API behind it.
  for (const [who, status] of [[buyer, 403], [null, 401]]) {
    const theirs = await open(`/ops?machine=${tasting.name}`, who === null ? {} : { as: who })
    await theirs.getByRole('heading', { name: 'Operators see these pages' }).waitFor()
    if (who !== null) await sees(theirs, `You are signed in as ${buyer.email}`)
    await theirs.goto(new URL(`/ops/execution?arn=${bad.arn}`, page.url()).href)
    await theirs.getByRole('heading', { name: 'Operators see these pages' }).waitFor()
    for (const path of ['viewer', 'machines', 'executions', `execution?arn=${bad.arn}`, `execution/history?arn=${bad.arn}`]) {
      const answer = await theirs.request.get(new URL(`/api/ops/${path}`, page.url()).href)
      const told = await answer.text()
      if (answer.status() !== status || told.includes('soup-') || told.includes('tasting-')) throw new Error(`${path} answers ${answer.status()}: ${told}`)
    }
    if ((await theirs.content()).includes('SoupTooCold')) throw new Error('The page tells what is not for its reader.')
  }
})
