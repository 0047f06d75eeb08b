/** The pages, as Vite has built them; without them, a page that says how to build them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { anyone } from 'millrace'
import { servePages, type WebInstance } from 'millrace/web'

const BUILT = join(import.meta.dirname, '../pages/dist')

export async function pageRoutes(web: WebInstance, folder: string = BUILT): Promise<void> {
  if (existsSync(join(folder, 'index.html'))) return servePages(web, { folder })
  web.log.warn({ folder }, 'the pages are not built; the API works without them')
  web.get('/', { config: { access: anyone }, schema: { hide: true } }, (_request, reply) =>
    reply.code(503).type('text/html; charset=utf-8').send(UNBUILT),
  )
}

const UNBUILT = `<!doctype html>
<html lang="en">
<title>Darkroom: pages not built</title>
<h1>Darkroom runs, but its pages are not built</h1>
<p>Stop Darkroom and run <code>npm start</code> again, which builds them, or work on them with <code>npm run dev</code>.</p>
<p>The API is there already: <a href="/openapi.json">/openapi.json</a>.</p>
</html>
`
