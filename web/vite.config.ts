/**
 * How the pages are built. One chunk per page, so that a page loads what it needs and no more; the manifest lets
 * `cargo xtask test` add up what that is.
 */
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

/** Where `npm run dev` finds the API: a stack that `cargo xtask up` started. */
const stack = process.env['HOLDFAST_ORIGIN'] ?? 'http://localhost:8080'

export default defineConfig({
  // No page uses Vue's options API: without it every page loads some kilobytes less.
  plugins: [vue({ features: { optionsAPI: false } })],
  build: {
    manifest: true,
    target: 'es2022',
    // Small files stay files: the content security policy allows no data: address but for pictures.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // Words of the runbook are shown beside what they are about.
    fs: { allow: ['.', '../docs'] },
    proxy: {
      '/api': stack,
      '/l/': stack,
      '/door': stack,
      // The shop refuses sockets of other origins than its own.
      '/live': { target: stack, ws: true, rewriteWsOrigin: true },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
})
