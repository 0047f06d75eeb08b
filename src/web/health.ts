/** `/livez`: the process answers. `/readyz`: it can serve, or why not. */
import type { FastifyInstance } from 'fastify'
import { anyone } from '../contract/access.ts'
import { withDeadline } from '../kernel/clock.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import { documented } from './documented.ts'
import { webErrors } from './errors.ts'
import type { WebParts } from './parts.ts'

/** How long a good answer of `isReady` counts: many probes are one look. A bad one is looked at again sooner. */
export const READY_CACHE_MS = 1_000
export const NOT_READY_CACHE_MS = 100
/** How long one look may take. */
export const READY_MS_MAX = 2_000

/** Who probes reads the answer; a log line for each would bury the others. */
const PROBE_LOG_LEVEL = 'fatal'

interface Health {
  readonly status: string
  readonly release: string
}

const health = documented<Health>({
  type: 'object',
  required: ['status', 'release'],
  properties: { status: { type: 'string' }, release: { type: 'string' } },
})

export function healthRoutes(app: FastifyInstance, parts: WebParts): void {
  const { release } = parts
  const look = cachedReadiness(parts)
  app.get(
    '/livez',
    {
      logLevel: PROBE_LOG_LEVEL,
      config: { access: anyone },
      schema: {
        operationId: 'getLiveness',
        summary: 'Whether the process answers',
        tags: ['health'],
        response: { 200: health },
      },
    },
    async () => ({ status: 'alive', release }),
  )
  app.get(
    '/readyz',
    {
      logLevel: PROBE_LOG_LEVEL,
      config: { access: anyone },
      schema: {
        operationId: 'getReadiness',
        summary: 'Whether the instance can serve',
        tags: ['health'],
        response: { 200: health },
      },
    },
    async () => {
      if (parts.draining.aborted) throw webErrors.MILLRACE_WEB_DRAINING({})
      const error = await look()
      if (error !== undefined) throw error
      return { status: 'ready', release }
    },
  )
}

function cachedReadiness(parts: WebParts): () => Promise<Error | undefined> {
  const { clock, log } = parts
  let known: Promise<Error | undefined> | undefined
  let goodUntil = 0
  const late = (): Error => webErrors.MILLRACE_WEB_NOT_READY({ why: `no answer within ${READY_MS_MAX} ms` })
  const look = async (): Promise<Error | undefined> => {
    try {
      await withDeadline(clock, READY_MS_MAX, parts.isReady(), late)
      goodUntil = clock.monotonic() + READY_CACHE_MS
      return undefined
    } catch (thrown) {
      const error = asError(thrown)
      goodUntil = clock.monotonic() + NOT_READY_CACHE_MS
      log.debug({ err: error }, 'not ready')
      return isMillraceError(error) ? error : webErrors.MILLRACE_WEB_NOT_READY({ why: 'a check failed' }, error)
    }
  }
  let isLooking = false
  return () => {
    if (known === undefined || (!isLooking && clock.monotonic() >= goodUntil)) {
      isLooking = true
      known = look().finally(() => {
        isLooking = false
      })
    }
    return known
  }
}
