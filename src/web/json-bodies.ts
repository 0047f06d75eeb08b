/**
 * JSON bodies, as Fastify reads them, but for texts that nothing behind us can hold: PostgreSQL has no NUL, and UTF-8 no half
 * of a character. What was checked must be what is stored.
 */
import type { FastifyInstance } from 'fastify'
import { webErrors } from './errors.ts'

/** Has bodies refused that are no JSON, name parts of every object, or have such texts. */
export function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (hasNoText(body)) done(webErrors.MILLRACE_WEB_JSON_INVALID({}))
    else parse(request, body, done)
  })
}

/** One escape after the other, so that an escaped backslash is not taken for the beginning of one. A whole pair is a character. */
const ESCAPE = /\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u(?<unit>[0-9a-f]{4})|\\./gis

/** What decodes UTF-8 lets no half of a character through, and JSON no bare NUL: both come as escapes or not at all. */
function hasNoText(json: string): boolean {
  if (!json.includes('\\u')) return false
  return json.matchAll(ESCAPE).some(({ groups }) => /^(?:0000|d[89a-f])/i.test(groups?.['unit'] ?? ''))
}
