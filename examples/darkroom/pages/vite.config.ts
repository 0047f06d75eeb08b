import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const webPort = process.env['MILLRACE_WEB_PORT'] ?? '3000'
const web = { target: `http://127.0.0.1:${webPort}`, changeOrigin: false }

/**
 * A theme chosen by hand is set by the bundle; without this the browser may paint the system's theme first. The content
 * security policy forbids the usual inline script, so the bundle itself holds back the first paint.
 */
const paintAfterTheme: Plugin = {
  name: 'paint-after-theme',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), paintAfterTheme],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    target: ['chrome123', 'edge123', 'firefox128', 'safari17.5'], // the first with light-dark(), which the styles lean on
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // what is served by its own hashed name is cached for a year
  },
  server: {
    host: '127.0.0.1',
    strictPort: true,
    proxy: Object.fromEntries(
      ['/api', '/identity', '/operations', '/media', '/readyz', '/livez', '/openapi.json', '/problems'].map((path) => [
        path,
        web,
      ]),
    ),
  },
})
