/**
 * How the pages are built. One chunk per page, so that a page loads what it needs and no more; the manifest lets
 * `cargo xtask test` add up what that is.
 */
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

/** Where `npm run dev` finds the API: a stack that `cargo xtask up` started. */
const stack = process.env['HOLDFAST_ORIGIN'] ?? 'http://localhost:8080'

export default defineConfig({
  plugins: [vue()],
  // Every component is written with the composition API: what Vue has for the other kind is left out.
  define: { __VUE_OPTIONS_API__: 'false' },
  build: {
    manifest: true,
    target: 'es2022',
    // Small files stay files: the content security policy allows no data: address but for pictures.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/api': stack,
      '/l/': stack,
      '/door': stack,
      '/live': { target: stack.replace(/^http/, 'ws'), ws: true },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
})
