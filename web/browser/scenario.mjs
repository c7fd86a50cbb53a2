/**
 * Plays one scenario in a real Chromium. A test in tests/it/browser.rs starts `node web/browser/<name>.mjs` and speaks with
 * it in lines of JSON: first it gives `{front, chromium, folder, given}`; a scenario may ask for something that only the
 * test can do (`{"ask":"stop-the-shop"}`, answered by `{"answer":...}`); at the end it says what it saw. When it fails, a
 * picture, the document and the console of every open page are in `folder`.
 *
 *     import { play } from './scenario.mjs'
 *
 *     await play(async ({ shop, open, sees }) => {
 *       const seller = await shop.person('seller')
 *       const ticket = await seller.lists({ title: 'Row 1', priceMinor: 4500 })
 *       const page = await open('/', { as: await shop.person('buyer') })
 *       await sees(page, ticket.title)
 *     })
 *
 * Wait for what a person would see, never for a time: `sees`, `seesNot`, Playwright's own locators.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'
import { Shop } from './shop.mjs'

/** How long anything may take that must happen. A loaded machine is slow; what is broken never gets there. */
const PATIENCE_MS = 60_000
/** A little less than the test waits, so that pictures are taken before it ends us. What the test is asked does not count. */
const SCENARIO_MAX_MS = 110_000
/** A headless browser that looks for nothing in the world outside. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/**
 * What a scenario has in hand.
 *
 * @typedef {object} Stage
 * @property {Shop} shop the shop over its API: people, tickets, orders
 * @property {any} given what the test gave along
 * @property {string} folder an empty folder for its files; it goes when the scenario went well
 * @property {(path: string, how?: How) => Promise<import('playwright-core').Page>} open a page in a context of its own
 * @property {(page: import('playwright-core').Page, text: string | RegExp) => Promise<void>} sees waits for a text
 * @property {(page: import('playwright-core').Page, text: string | RegExp) => Promise<void>} seesNot waits until it is gone
 * @property {(page: import('playwright-core').Page) => Promise<void>} isAccessible lets axe look at the page as it is
 * @property {(what: string, details?: object) => Promise<any>} ask asks the test, and waits for its answer
 * @property {(pattern: RegExp) => void} expects says which complaint of a browser's console is part of the story
 */

/**
 * How a page is opened: by whom, on what device.
 *
 * @typedef {object} How
 * @property {import('./shop.mjs').Person} [as] who is signed in; nobody without it
 * @property {number} [clockOffMs] how far the browser's clock is ahead of the right time; negative is behind
 * @property {{ width: number, height: number }} [viewport] 1280 x 800 without it
 * @property {'light' | 'dark'} [colorScheme]
 * @property {'reduce' | 'no-preference'} [reducedMotion]
 * @property {'live'} [without] `live`: a network that lets no socket through
 * @property {object[]} [menu] the dishes of today's menu, which the shop draws by the day from all there are
 * @property {import('playwright-core').Page} [beside] another tab of that page's context, with its sign-in
 */

/**
 * Plays a scenario and ends the process. What `body` returns is what the test is told.
 *
 * @param {(stage: Stage) => Promise<unknown>} body
 */
export async function play(body) {
  const test = listen()
  const { front, chromium: program, folder, given } = await test.next()
  const browser = await chromium.launch({ executablePath: program, args: FLAGS, headless: true })
  const stage = new Staging(browser, front)
  // The test is gone, so nobody waits for this any more.
  test.closed.then(() => browser.close().finally(() => process.exit(1)))

  const limit = bound(SCENARIO_MAX_MS)
  let failure
  try {
    const saw = await limit.on(
      body({
        shop: new Shop(front),
        given,
        folder,
        open: (path, how) => stage.open(path, how),
        sees,
        seesNot,
        isAccessible,
        expects: (pattern) => stage.expected.push(pattern),
        ask: async (what, details = {}) => {
          say({ ask: what, ...details })
          const { answer } = await limit.without(test.next())
          return answer
        },
      }),
    )
    stage.checkConsoles()
    say({ saw: saw ?? null })
  } catch (error) {
    failure = error
    await stage.keep(folder)
  }
  await browser.close().catch(() => {})
  if (failure !== undefined) console.error(failure.stack ?? String(failure))
  process.exit(failure === undefined ? 0 : 1)
}

/** The pages of a scenario, and what their consoles said. */
class Staging {
  /** @type {{ page: import('playwright-core').Page, said: string[], complaints: string[] }[]} */
  #pages = []
  /** Complaints that belong to the story. @type {RegExp[]} */
  expected = []

  constructor(browser, front) {
    this.browser = browser
    this.front = front
  }

  /** @param {string} path @param {How} how */
  async open(path, how = {}) {
    const context = how.beside?.context() ?? (await this.#context(how))
    const page = await context.newPage()
    const said = []
    const complaints = []
    const complain = (line) => {
      said.push(line)
      complaints.push(line)
    }
    page.on('console', (message) => {
      const line = `${message.type()}: ${message.text()} (${message.location().url})`
      if (message.type() === 'error') complain(line)
      else said.push(line)
    })
    page.on('pageerror', (error) => complain(`uncaught: ${error.stack ?? error.message}`))
    page.on('requestfailed', (request) =>
      said.push(`failed: ${request.method()} ${request.url()} ${request.failure()?.errorText}`),
    )
    this.#pages.push({ page, said, complaints })
    await page.goto(new URL(path, this.front).href)
    return page
  }

  /** @param {How} how */
  async #context({ as, clockOffMs = 0, viewport, colorScheme, reducedMotion, without, menu }) {
    const context = await this.browser.newContext({
      viewport: viewport ?? { width: 1280, height: 800 },
      colorScheme: colorScheme ?? 'light',
      reducedMotion: reducedMotion ?? 'no-preference',
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
    })
    context.setDefaultTimeout(PATIENCE_MS)
    if (as !== undefined) {
      await context.addCookies([{ name: 'session', value: as.token, url: this.front, httpOnly: true, sameSite: 'Lax' }])
    }
    if (menu !== undefined) await context.route('**/api/dishes/today', (route) => route.fulfill({ json: { dishes: menu } }))
    if (without === 'live') await context.routeWebSocket('**/live', (socket) => socket.close())
    if (clockOffMs !== 0) await context.addInitScript(setClock, clockOffMs)
    return context
  }

  /** Fails when a console complained of something that is not part of the story. */
  checkConsoles() {
    const all = this.#pages.flatMap(({ complaints }) => complaints)
    const unexpected = all.filter((line) => !this.expected.some((pattern) => pattern.test(line)))
    if (unexpected.length > 0) throw new Error(`The browser's console complained:\n${unexpected.join('\n')}`)
  }

  /** Writes down how every page looks now and what its console said. */
  async keep(folder) {
    for (const [index, { page, said }] of this.#pages.entries()) {
      const name = join(folder, `page-${index + 1}`)
      writeFileSync(`${name}.console.txt`, `${page.url()}\n${said.join('\n')}\n`)
      await page.screenshot({ path: `${name}.png`, fullPage: true, timeout: 5_000 }).catch(() => {})
      await bound(5_000).on(page.content()).then((content) => writeFileSync(`${name}.html`, content)).catch(() => {})
    }
  }
}

/** Runs in the page before anything else: every way to read the time is off by as much, as with a wrong system clock. */
function setClock(offMs) {
  const RealDate = Date
  const now = () => RealDate.now() + offMs
  globalThis.Date = new Proxy(RealDate, {
    construct: (_, given, target) => Reflect.construct(RealDate, given.length === 0 ? [now()] : given, target),
    apply: () => new RealDate(now()).toString(),
    get: (_, name) => (name === 'now' ? now : Reflect.get(RealDate, name)),
  })
  const origin = performance.timeOrigin + offMs
  Object.defineProperty(performance, 'timeOrigin', { get: () => origin })
}

async function sees(page, text) {
  await page.getByText(text).filter({ visible: true }).first().waitFor()
}

async function seesNot(page, text) {
  const left = page.getByText(text).filter({ visible: true })
  const deadline = Date.now() + PATIENCE_MS
  while ((await left.count()) > 0) {
    if (Date.now() > deadline) throw new Error(`${text} is still to be seen at ${page.url()}`)
    await page.waitForTimeout(50)
  }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Waits until no colour is on its way to another: half-way it has a contrast that nobody is to read. */
async function comesToRest(page) {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    // What changed begins to move with the next frame.
    await frame()
    await frame()
    const moving = document.getAnimations().filter(({ playState, effect }) => playState === 'running' && effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
    await Promise.all(moving.map(({ finished }) => finished.catch(() => {})))
  })
}

async function isAccessible(page) {
  await comesToRest(page)
  await page.evaluate(`${axe}; undefined`)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  if (serious.length === 0) return
  const told = serious.map(
    ({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join('\n')}`,
  )
  throw new Error(`axe finds at ${page.url()}:\n${told.join('\n')}`)
}

/** Nothing is wider than the screen. */
export async function fits(page) {
  const { scrollWidth, clientWidth } = await page.evaluate(() => {
    // An element itself does not come out of a page.
    const { scrollWidth, clientWidth } = document.documentElement
    return { scrollWidth, clientWidth }
  })
  if (scrollWidth > clientWidth) throw new Error(`${page.url()} is ${scrollWidth} px wide on a screen of ${clientWidth} px.`)
}

/** What the test says, line by line. */
function listen() {
  const lines = createInterface({ input: process.stdin })
  const waiting = []
  const come = []
  lines.on('line', (line) => {
    const taker = waiting.shift()
    if (taker === undefined) come.push(line)
    else taker(line)
  })
  return {
    closed: new Promise((resolve) => lines.on('close', resolve)),
    next: async () => JSON.parse(come.shift() ?? (await new Promise((resolve) => waiting.push(resolve)))),
  }
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** A limit on how long something may take, apart from what others take meanwhile. */
function bound(limitMs) {
  let endsAt = Date.now() + limitMs
  const tooLong = async () => {
    for (let leftMs = limitMs; leftMs > 0; leftMs = endsAt - Date.now()) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, 1_000)).unref())
    }
    throw new Error(`This took more than ${limitMs / 1_000} s.`)
  }
  return {
    on: (promise) => Promise.race([promise, tooLong()]),
    without: async (promise) => {
      const beganAt = Date.now()
      const leftMs = endsAt - beganAt
      endsAt = Number.POSITIVE_INFINITY
      const done = await promise
      endsAt = Date.now() + leftMs
      return done
    },
  }
}
