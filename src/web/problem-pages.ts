/** `/problems/{code}`: where the `type` of a problem leads, a few words about every code. */
import type { FastifyInstance } from 'fastify'
import { anyone } from '../contract/access.ts'
import { errorCatalogue } from '../kernel/errors.ts'
import { webErrors } from './errors.ts'

export function problemPages(app: FastifyInstance): void {
  app.get<{ Params: { readonly code: string } }>(
    '/problems/:code',
    { config: { access: anyone }, schema: { hide: true } },
    (request, reply) => {
      const { code } = request.params
      const entry = errorCatalogue().get(code)
      if (entry === undefined) throw webErrors.MILLRACE_WEB_ROUTE_UNKNOWN({ path: request.url })
      const again = entry.retryable
        ? 'The same request can succeed later.'
        : 'The same request will not succeed if it is sent again.'
      reply.type('text/plain; charset=utf-8').header('cache-control', 'public, max-age=3600')
      return reply.send(`${code}\n\n${entry.remedy}\n${again}\n`)
    },
  )
}
