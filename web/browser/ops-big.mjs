/**
 * What is large stays usable: many states are drawn beside the page and not instead of it, and of a history of 25,000 events
 * everything is reached while only what is in sight is in the page. How long it takes is measured in `bench/viewer.mjs`.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EACH, exported, machineOf } from './large.mjs'
import { play } from './scenario.mjs'

/** More rows than this have no room on any screen. */
const ROWS_MAX = 150

await play(async ({ open, folder }) => {
  const opens = async (page, name, content) => {
    const path = join(folder, name)
    writeFileSync(path, JSON.stringify(content))
    await page.getByLabel(/(Choose a|Open another) file/).setInputFiles(path)
    await page.getByText(`From the file ${name}.`).waitFor()
  }
  const page = await open('/ops/open')
  await opens(page, 'forty.json', exported(machineOf(40)))
  const graph = page.getByRole('group', { name: 'Graph of large' })
  await graph.waitFor()
  const drawn = await graph.getByRole('button').count()
  if (drawn !== 40) throw new Error(`${drawn} of 40 states are drawn.`)

  // While a large one is laid out, the page answers.
  await opens(page, 'many.json', exported(machineOf(150)))
  await graph.getByRole('button').nth(149).waitFor({ state: 'attached' })
  if (page.workers().length !== 1) throw new Error(`${page.workers().length} workers lay out.`)
  const answered = await page.evaluate(answersWhileItIsLaidOut)
  if (answered < 3) throw new Error(`The page answered ${answered} clicks while its graph was laid out.`)

  await opens(page, 'long.json', exported(EACH, 726))
  await graph.getByRole('button', { name: 'Each order, Map, succeeded' }).waitFor()
  const bounded = async (rows) => {
    const count = await rows.count()
    if (count > ROWS_MAX) throw new Error(`${count} rows are in the page.`)
  }

  // Any of its iterations in the graph.
  const iteration = page.getByRole('spinbutton', { name: 'Iteration of EachOrder, 1 to 726' })
  await iteration.fill('704')
  await iteration.press('Enter')
  await graph.getByRole('button', { name: 'Ask the kitchen1, Task, succeeded after 2 tries' }).waitFor()

  // Every event, to its end, by its number and by what it says.
  await page.getByRole('tab', { name: 'Events', exact: true }).click()
  const events = page.getByRole('region', { name: 'Events' })
  const event = (words) => events.getByRole('button', { name: words })
  await events.getByText('25,002 events').waitFor()
  await event(/^1 Execution started/).focus()
  await bounded(events.getByRole('listitem'))
  await page.keyboard.press('End')
  await event(/^25002 Execution succeeded/).waitFor()
  await page.getByLabel('Event number').fill('12345')
  await page.getByRole('button', { name: 'Go to event' }).click()
  await event(/^12345 /).waitFor()
  await bounded(events.getByRole('listitem'))
  await page.getByLabel('Search').fill('ord_555')
  await events.getByText(/^\d+ of 25,002 events$/).waitFor()
  await page.getByLabel('Kind').selectOption('What went wrong')
  await events.getByText('No event is like that.').waitFor()
  await page.getByLabel('Search').fill('pots')
  await events.getByText('104 of 25,002 events').waitFor()
  await event(/Task failed AskTheKitchen1 ?, iteration ?#4 KitchenIsBusy/).click()
  await page.getByRole('complementary', { name: 'The chosen state' }).getByText('iteration 4').waitFor()

  // Every row in time.
  await page.getByRole('tab', { name: 'Timeline', exact: true }).click()
  const times = page.getByRole('tree', { name: 'States in time' })
  await page.getByRole('button', { name: 'Open all' }).click()
  await times.focus()
  await page.keyboard.press('End')
  await times.getByRole('treeitem', { name: /^NoteIt1/ }).last().waitFor()
  await times.locator('[aria-posinset="726"]').waitFor({ state: 'attached' })
  await bounded(times.getByRole('treeitem'))
  await page.keyboard.press('Home')
  await times.getByRole('treeitem', { name: /^EachOrder/ }).waitFor()
})

/**
 * Turns the drawing, which lays it out anew, and presses one state after the other until that is done. Runs in the page.
 *
 * @returns how many presses were answered meanwhile
 */
async function answersWhileItIsLaidOut() {
  const states = [...document.querySelectorAll('[data-place]')].slice(0, 60)
  const standing = (place) => document.querySelector(`[data-place="${CSS.escape(place)}"]`)?.getAttribute('transform')
  const last = states.at(-1).dataset.place
  const before = standing(last)
  const task = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
  document.querySelector('[aria-label="Draw from left to right"]').click()
  let answered = 0
  for (const { dataset } of states) {
    if (standing(last) !== before) break
    const { place } = dataset
    document.querySelector(`[data-place="${CSS.escape(place)}"] .hit`)?.dispatchEvent(new MouseEvent('click', { bubbles: true }))
    await task()
    const heading = document.querySelector('aside h3')?.textContent
    if (standing(last) === before && heading === place.split('/').at(-1)) answered += 1
  }
  return answered
}
