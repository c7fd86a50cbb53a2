/**
 * How long the execution viewer takes to show what is large: 40 states as a graph, and a history of 25,000 events. Each time in a
 * new page, from the moment a file was chosen until what is wanted has been painted.
 *
 *     npm run bench
 *
 * Needs Chromium on the path, or named in HOLDFAST_CHROMIUM. Results with their machine are in benches/RESULTS.md.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { cpus, loadavg, tmpdir } from 'node:os'
import { delimiter, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { EACH, exported, machineOf } from '../browser/large.mjs'
import { FLAGS } from '../browser/scenario.mjs'

const TIMES = 9
const BUILT = fileURLToPath(new URL('../dist', import.meta.url))
const KINDS = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
/** What is looked for in the page, after a press of its tab. */
const TABS = { Events: '[data-event]', Timeline: '[role=treeitem]', Table: 'tbody tr' }

const server = createServer(serve).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const front = `http://localhost:${server.address().port}`
const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
const browser = await chromium.launch({ executablePath: program(), args: FLAGS, headless: true })
console.log(`${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}, Chromium ${browser.version()}, ${TIMES} times each\n`)
try {
  await measure('40 states', exported(machineOf(40)), 1_000)
  await measure('150 states', exported(machineOf(150)), null)
  await measure('25,000 events', exported(EACH, 726), 2_000)
} finally {
  await browser.close()
  server.close()
  rmSync(folder, { recursive: true })
}

/** Opens a file again and again, and prints what it took. */
async function measure(name, content, aimMs) {
  const path = join(folder, 'history.json')
  writeFileSync(path, JSON.stringify(content))
  const took = { drawn: [], longestTask: [] }
  for (let time = 0; time < TIMES; time += 1) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    await page.goto(`${front}/ops/open`)
    const field = page.getByLabel(/Choose a file/)
    await field.waitFor()
    await page.evaluate(watch)
    await field.setInputFiles(path)
    for (const [what, ms] of Object.entries(await page.evaluate(() => globalThis.drawn))) took[what].push(ms)
    for (const [tab, rows] of Object.entries(TABS)) (took[tab] ??= []).push(await page.evaluate(turnTo, { tab, rows }))
    await context.close()
  }
  console.log(`${name}${aimMs === null ? '' : `, to be drawn within ${aimMs} ms`}`)
  for (const [what, all] of Object.entries(took)) {
    const sorted = [...all].sort((one, other) => one - other)
    console.log(`  ${what.padEnd(12)} ${Math.round(sorted[sorted.length >> 1])} ms, in order: ${all.map(Math.round).join(' ')}`)
  }
}

/** Runs in the page: from the choice of a file until a state of the graph was painted, and the longest task meanwhile. */
function watch() {
  let began = 0
  const tasks = [0]
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' })
  document.addEventListener('change', () => (began = performance.now()), { capture: true, once: true })
  globalThis.drawn = new Promise((resolve) => {
    const look = () => {
      if (document.querySelector('[data-place]') === null) requestAnimationFrame(look)
      // What a frame shows is painted before the task after it.
      else requestAnimationFrame(() => setTimeout(() => resolve({ drawn: performance.now() - began, longestTask: Math.max(...tasks) })))
    }
    look()
  })
}

/** Runs in the page: from the press of a tab until its first row was painted. */
async function turnTo({ tab, rows }) {
  const began = performance.now()
  const press = [...document.querySelectorAll('[role=tab]')].find(({ textContent }) => textContent.trim() === tab)
  press.click()
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
  do await frame()
  while (document.querySelector(rows) === null)
  return performance.now() - began
}

/** The pages as they were built; there is no shop around them. */
function serve(request, answer) {
  const { pathname } = new URL(request.url, 'http://localhost')
  const file = join(BUILT, extname(pathname) === '' ? 'index.html' : pathname)
  if (pathname.startsWith('/api/') || !existsSync(file)) {
    answer.writeHead(404, { 'content-type': 'application/problem+json' }).end('{"status":404,"code":"NotFound","title":"Not found","detail":"There is no shop here."}')
    return
  }
  answer.writeHead(200, { 'content-type': KINDS[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file))
}

function program() {
  const named = process.env['HOLDFAST_CHROMIUM']
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = named ?? folders.flatMap((at) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(at, name))).find(existsSync)
  if (found === undefined) throw new Error('There is no Chromium on the path; name one in HOLDFAST_CHROMIUM.')
  return found
}
