// How the dashboard is built: into the Python package, with no inline scripts.
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const server = process.env.ROOMTONE_URL ?? 'http://127.0.0.1:8003'

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    outDir: process.env.ROOMTONE_STATIC ?? '../src/roomtone/web/static',
    emptyOutDir: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    // One file on purpose: a tab that stays open over an upgrade must not miss a part of itself.
    chunkSizeWarningLimit: 800,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/v1/live': { target: server.replace(/^http/, 'ws'), ws: true },
      '/v1': server,
      '/readyz': server,
      '/health': server,
      '/metrics': server,
    },
  },
  test: {
    environment: 'happy-dom',
    setupFiles: ['src/testing/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
})
