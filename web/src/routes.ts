/** The pages and their addresses. Each page is a chunk of its own. */
import { createRouter, createWebHistory, type LocationQuery, type RouteRecordRaw } from 'vue-router'
import { arrive, listenForMissing, lose } from './lost-page'
import { currentUser } from './session/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** What the browser's tab says. */
    title: string
    /** What it says instead where the query tells more. */
    titleOf?: (query: LocationQuery) => string | undefined
    /** Only for somebody who is signed in; others are asked to, and come back. */
    needsSession?: boolean
    /** It takes the window's whole width. */
    isWide?: boolean
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/', component: () => import('./pages/HomePage.vue'), meta: { title: 'Holdfast' } },
  { path: '/tickets', component: () => import('./pages/TicketsPage.vue'), meta: { title: 'Tickets' } },
  { path: '/tickets/:ticketId', component: () => import('./pages/TicketPage.vue'), props: true, meta: { title: 'Ticket' } },
  {
    path: '/tickets/:ticketId/edit',
    component: () => import('./pages/EditTicketPage.vue'),
    props: true,
    meta: { title: 'Edit a ticket', needsSession: true },
  },
  { path: '/sell', component: () => import('./pages/SellPage.vue'), meta: { title: 'Sell a ticket', needsSession: true } },
  { path: '/menu', component: () => import('./pages/MenuPage.vue'), meta: { title: 'Today’s menu' } },
  { path: '/products', component: () => import('./pages/ProductsPage.vue'), meta: { title: 'Products' } },
  {
    path: '/products/:productId',
    component: () => import('./pages/ProductPage.vue'),
    props: true,
    meta: { title: 'Product' },
  },
  {
    path: '/checkout/:orderId',
    component: () => import('./pages/CheckoutPage.vue'),
    props: true,
    meta: { title: 'Checkout', needsSession: true },
  },
  { path: '/orders', component: () => import('./pages/OrdersPage.vue'), meta: { title: 'My orders', needsSession: true } },
  {
    path: '/orders/:orderId',
    component: () => import('./pages/OrderPage.vue'),
    props: true,
    meta: { title: 'Order', needsSession: true },
  },
  { path: '/devices', component: () => import('./pages/DevicesPage.vue'), meta: { title: 'Devices', needsSession: true } },
  {
    path: '/devices/:deviceId',
    component: () => import('./pages/DevicePage.vue'),
    props: true,
    meta: { title: 'Device', needsSession: true },
  },
  { path: '/account', component: () => import('./pages/AccountPage.vue'), meta: { title: 'Account', needsSession: true } },
  { path: '/signin', component: () => import('./pages/SignInPage.vue'), meta: { title: 'Sign in' } },
  { path: '/signup', component: () => import('./pages/SignUpPage.vue'), meta: { title: 'Sign up' } },
  { path: '/reports', component: () => import('./pages/ReportsPage.vue'), meta: { title: 'Reports' } },
  {
    path: '/reports/conservation',
    component: () => import('./pages/ConservationPage.vue'),
    meta: { title: 'Conservation' },
  },
  {
    path: '/reports/:place(kitchen|warehouse)',
    component: () => import('./pages/StockPage.vue'),
    props: true,
    meta: { title: 'Stock' },
  },
  { path: '/ops', component: () => import('./pages/ops/ExecutionsPage.vue'), meta: { title: 'Executions', isWide: true } },
  {
    path: '/ops/execution',
    component: () => import('./pages/ops/ExecutionPage.vue'),
    meta: { title: 'Execution', titleOf: ({ arn }) => arn?.toString().split(':').at(-1) || undefined, isWide: true },
  },
  { path: '/ops/open', component: () => import('./pages/ops/OpenFilePage.vue'), meta: { title: 'Open a history', isWide: true } },
  { path: '/ops/queues', component: () => import('./pages/ops/QueuesPage.vue'), meta: { title: 'Queues', isWide: true } },
  { path: '/ops/local', component: () => import('./pages/ops/LocalPage.vue'), meta: { title: 'This machine', isWide: true } },
  { path: '/ops/compare', component: () => import('./pages/ops/ComparePage.vue'), meta: { title: 'Two executions', isWide: true } },
  { path: '/:rest(.*)*', component: () => import('./pages/NotFoundPage.vue'), meta: { title: 'Not found' } },
]

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (to, _from, saved) => saved ?? (to.hash ? { el: to.hash } : { top: 0 }),
})

router.beforeEach(async (to) => {
  if (to.meta.needsSession !== true) return true
  try {
    if ((await currentUser()) !== null) return true
  } catch {
    // Nothing answers: the page itself will say so, and try again.
    return true
  }
  return { path: '/signin', query: { next: to.fullPath } }
})

listenForMissing(window)
router.onError((error, to) => {
  void lose(error, to.fullPath)
})

router.afterEach((to, from) => {
  const title = to.meta.titleOf?.(to.query) ?? to.meta.title
  document.title = title === 'Holdfast' ? 'Holdfast' : `${title} · Holdfast`
  arrive()
  // Whoever listens to the page is told that it is another one: focus goes to its heading.
  if (from.matched.length > 0 && from.path !== to.path) requestAnimationFrame(focusHeading)
})

function focusHeading(): void {
  document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
}
