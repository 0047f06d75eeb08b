/** The built pages of an application: hashed assets for ever, everything else asked for again each time. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { anyone } from '../contract/access.ts'
import { withAccess } from './access.ts'
import type { WebInstance } from './front.ts'
import { addFallback } from './unknown-routes.ts'

export interface PagesOptions {
  /** The folder that was built: index.html, and hashed files under assets/. */
  readonly folder: string
  /** Whether a path that is no file is a page of the application, which index.html shows. Default: every path. */
  readonly fallback?: (path: string) => boolean
  /**
   * Where a development server offers the pages instead: navigations are sent there (307), and the folder is not needed.
   */
  readonly devOrigin?: string
}

/** Never pages, whatever `fallback` says: a client that gets HTML where it wants JSON misleads its users. */
const NO_PAGES = ['/api/', '/operations/', '/media/', '/identity/', '/problems/', '/openapi.json', '/livez', '/readyz']

/** A name that changes with the content, as bundlers make them: `assets/index-B3dF9a2c.js`. */
const HASHED = /[/\\]assets[/\\][^/\\]+-[\w-]{8,}\.\w+$/
const FOR_EVER = 'public, max-age=31536000, immutable'

/**
 * Serves the pages of an application at `/`. Files with a hash in their name are immutable for a year, everything else is
 * revalidated; dotfiles and source maps are not there.
 *
 * @example await servePages(web, { folder: join(import.meta.dirname, '../pages/dist'), fallback: (path) => path !== '/robots.txt' })
 */
export async function servePages(web: WebInstance, options: PagesOptions): Promise<void> {
  const { fallback = () => true, devOrigin } = options
  const root = resolve(options.folder)
  const isPage = (request: FastifyRequest): boolean => {
    const path = request.url.split('?', 1)[0] ?? ''
    const wantsPage = request.headers.accept?.includes('text/html') === true
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    return isRead && wantsPage && !NO_PAGES.some((p) => `${path}/`.startsWith(p) || path === p) && fallback(path)
  }
  if (devOrigin !== undefined) {
    addFallback(web, (request, reply) => (isPage(request) ? toDevServer(devOrigin, request, reply) : undefined))
    return
  }
  const { default: statics } = await import('@fastify/static')
  const served = {
    root,
    index: 'index.html',
    cacheControl: false,
    dotfiles: 'ignore' as const,
    redirect: false,
    suppressWarning: true,
    schemaHide: true,
    allowedPath: (path: string) => !/(^|[/\\])\.|\.map$/.test(path),
    setHeaders: (reply: { header(name: string, value: string): unknown }, path: string) => {
      reply.header('cache-control', HASHED.test(path) ? FOR_EVER : 'no-cache')
    },
  }
  await withAccess(web, anyone, () => web.register(statics, served))
  addFallback(web, (request, reply) => {
    if (!isPage(request) || !existsSync(join(root, 'index.html'))) return undefined
    return reply.code(200).sendFile('index.html', root)
  })
}

function toDevServer(origin: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // a path that begins with // or /\ would lead to another host
  const path = request.url.replace(/^[/\\]+/, '/')
  return reply.redirect(`${origin}${path}`, 307)
}
