/**
 * Requests that a foreign page makes a browser send: refused when they could change something. Browsers say whose page it
 * was by `Sec-Fetch-Site`; those that do not say it send `Origin`. What says neither is no browser, and is in nobody's name
 * but its own.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html, "Fetch Metadata"
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { webErrors } from './errors.ts'

/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
/** Our own page, or nobody's: typed in, a bookmark. */
const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none'])

/** `origin`: under which clients reach the application. Without it, the `Host` that they name counts for `Origin`. */
export function refuseForeignPages(app: FastifyInstance, origin: string | undefined): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (SAFE_METHODS.has(request.method) || isOwn(request, origin)) return done()
    done(webErrors.MILLRACE_WEB_CROSS_SITE({ method: request.method }))
  })
}

function isOwn({ headers, protocol }: FastifyRequest, origin: string | undefined): boolean {
  const { 'sec-fetch-site': site, origin: from, host } = headers
  if (site !== undefined) return typeof site === 'string' && OWN_SITES.has(site)
  if (from === undefined) return true
  return from === (origin ?? `${protocol}://${host}`)
}
