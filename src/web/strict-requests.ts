/**
 * Requests that Node lets through, and that a proxy in front may read differently: refused before anything looks at them.
 * What is no HTTP/1.1 at all is refused by Node's parser (plain-answers.ts).
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { webErrors } from './errors.ts'

/** Header lines of a request. */
export const HEADER_COUNT_MAX = 100
/** A host: name or address, and perhaps a port; nothing of a user, a path or a list. */
const HOST = /^(?:[\w.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i
/** Headers whose repetition means that two readers may take different ones. */
const SINGLE: ReadonlySet<string> = new Set([
  'host',
  'content-type',
  'content-length',
  'authorization',
  'transfer-encoding',
])
const SINGLE_LENGTHS: ReadonlySet<number> = new Set([...SINGLE].map((name) => name.length))

/** Has every request looked at before anything else is. */
export function refuseAmbiguous(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => done(flawOf(request.raw)))
  app.addHook('preParsing', (request, _reply, payload, done) => {
    continueIfAsked(request)
    done(null, payload)
  })
}

/** What is wrong with a request. Undefined: nothing. */
export function flawOf(request: IncomingMessage): Error | undefined {
  const { rawHeaders, headers, url = '', httpVersion } = request
  if (rawHeaders.length / 2 > HEADER_COUNT_MAX) return webErrors.MILLRACE_WEB_HEADERS_TOO_LARGE({})
  const twice = repeatedIn(rawHeaders)
  if (twice !== undefined) return invalid(`it has two headers ${twice}`)
  if (httpVersion === '1.0' && headers['transfer-encoding'] !== undefined) return invalid('HTTP/1.0 has no chunks')
  // no text of PostgreSQL can hold it, and where it ends a text for one reader, the next reads on
  if (url.includes('%00')) return invalid('its address has a NUL')
  const { host = '' } = headers
  if (!HOST.test(host)) return invalid(host === '' ? 'it has no Host' : 'its Host is no host')
  if (!url.startsWith('/') && url !== '*' && hostIn(url) !== host.toLowerCase())
    return invalid('its Host is not that of its address')
  return undefined
}

function repeatedIn(rawHeaders: readonly string[]): string | undefined {
  let seen: Set<string> | undefined
  for (let n = 0; n < rawHeaders.length; n += 2) {
    const given = rawHeaders[n] ?? ''
    if (!SINGLE_LENGTHS.has(given.length)) continue
    const name = given.toLowerCase()
    if (!SINGLE.has(name)) continue
    seen ??= new Set()
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}

/** Of a request in the form that proxies get: `GET http://host/path`. */
function hostIn(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined
}

const WAITS = Symbol('millrace.waits')
type Waiting = IncomingMessage & { [WAITS]?: () => void }

/** `Expect: 100-continue`: the body is asked for once it is known that it is wanted. */
export function asksFirst(request: IncomingMessage, goOn: () => void): void {
  ;(request as Waiting)[WAITS] = goOn
}

function continueIfAsked({ raw, headers, routeOptions }: FastifyRequest): void {
  const goOn = (raw as Waiting)[WAITS]
  if (goOn === undefined) return
  const { bodyLimit } = routeOptions
  const isTooLarge = bodyLimit !== undefined && Number(headers['content-length'] ?? 0) > bodyLimit
  if (!isTooLarge) goOn()
}

function invalid(why: string): Error {
  return webErrors.MILLRACE_WEB_REQUEST_INVALID({ why })
}
