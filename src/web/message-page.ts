/** A page with a few words, for people whom no page of the application can be shown. */
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { anyone } from '../contract/access.ts'

const STYLE = readFileSync(new URL('page.css', import.meta.url), 'utf8')

/** `/identity/page.css`: the style of these pages. */
export function pageStyle(app: FastifyInstance): void {
  app.get('/identity/page.css', { config: { access: anyone }, schema: { hide: true } }, (_request, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', 'public, max-age=3600').send(STYLE),
  )
}

export interface Message {
  readonly title: string
  readonly words: string
  readonly remedy: string
  readonly code: string
}

/** Everything in it is escaped. It has no style of its own: nothing inline passes the content security policy. */
export function messagePage({ title, words, remedy, code }: Message): string {
  const sentence = `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/identity/page.css">
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(sentence)}</p>
<p>${escapeHtml(remedy)}</p>
<p><a href="/identity/login">Log in</a> <a href="/">Go to the first page</a></p>
<p><code>${escapeHtml(code)}</code></p>
</main>
</html>
`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '')
}
