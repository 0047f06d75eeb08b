/**
 * Requests are checked, and answers are made, by Standard Schemas. Fastify's own validation cannot take what an asynchronous
 * schema makes of a value, so both happen in hooks that are added to each route with schemas.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import {
  type Checked,
  check,
  describeViolations,
  isSchema,
  type Schema,
  VIOLATIONS_MAX,
  type Violation,
} from '../contract/schema.ts'
import { webErrors } from './errors.ts'
import { type ProblemDetail, problemOf } from './problems.ts'

type Part = 'params' | 'query' | 'headers' | 'body'
type Responses = Readonly<Record<string, unknown>>

/**
 * Makes every route registered from now on check its requests and answers by its schemas.
 *
 * @throws MILLRACE_WEB_SCHEMA_UNKNOWN at registration, for a request schema that is no Standard Schema: a route that
 * believes to be checked and is not would be worse.
 */
export function checkBySchemas(app: FastifyInstance): void {
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.addHook('onRoute', (route) => {
    const schemas = requestSchemas(route)
    if (schemas.length > 0) {
      const takesBody = schemas.some(([part]) => part === 'body')
      route.preValidation = [
        ...listOf(route.preValidation),
        // by callback: most schemas answer at once, and a promise for each request would cost more than they do
        (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) => {
          const refusal = (takesBody ? unreadBody(request) : undefined) ?? checkRequest(request, schemas)
          if (refusal instanceof Promise) refusal.then(done, done)
          else done(refusal)
        },
      ]
    }
    const responses = route.schema?.response as Responses | undefined
    if (responses !== undefined) {
      route.preSerialization = [
        ...listOf(route.preSerialization),
        (_request: FastifyRequest, reply: FastifyReply, payload: unknown) => conform(reply, payload, responses),
      ]
    }
  })
}

function requestSchemas(route: RouteOptions): readonly (readonly [Part, Schema])[] {
  const { params, querystring, headers, body, query } = { query: undefined, ...route.schema }
  const parts = Object.entries({ params, query: querystring ?? query, headers, body }) as [Part, unknown][]
  return parts.flatMap(([part, schema]) => {
    if (schema === undefined) return []
    if (isSchema(schema)) return [[part, schema] as const]
    throw webErrors.MILLRACE_WEB_SCHEMA_UNKNOWN({ route: `${String(route.method)} ${route.url}`, part })
  })
}

/** A multipart body has a parser, which leaves it unread: to a route that wants JSON it must not look like none. */
function unreadBody(request: FastifyRequest): Error | undefined {
  const given = request.headers['content-type'] ?? ''
  if (given === '' || request.body !== undefined) return undefined
  return webErrors.MILLRACE_WEB_MEDIA_TYPE({ given, wanted: 'application/json' })
}

type Refusal = Error | undefined
type Checks = readonly (readonly [Part, Schema])[]

/** Problem MILLRACE_WEB_INPUT_INVALID naming what is wrong in all parts, not only the first; undefined when nothing is. */
function checkRequest(request: FastifyRequest, schemas: Checks): Refusal | Promise<Refusal> {
  const results = schemas.map(([part, schema]) => check(schema, request[part] ?? (part === 'body' ? null : {})))
  if (results.every((result): result is Checked<unknown> => !(result instanceof Promise)))
    return takeParts(request, schemas, results)
  return Promise.all(results).then((all) => takeParts(request, schemas, all))
}

/** The parts become what their schemas make of them. */
function takeParts(request: FastifyRequest, schemas: Checks, results: readonly Checked<unknown>[]): Refusal {
  const violations: ProblemDetail[] = []
  for (const [n, result] of results.entries()) {
    const part = schemas[n]?.[0] ?? 'body'
    if (!result.ok) violations.push(...result.violations.map((violation) => detailOf(part, violation)))
    else if (part === 'headers') Object.assign(request.headers, result.value)
    else request[part] = result.value
  }
  if (violations.length === 0) return undefined
  const errors = violations.slice(0, VIOLATIONS_MAX)
  return problemOf(webErrors.MILLRACE_WEB_INPUT_INVALID({ count: errors.length }), { errors })
}

const PLACES = { params: 'path', query: 'query', headers: 'header' } as const

function detailOf(part: Part, { path, message }: Violation): ProblemDetail {
  if (part === 'body') return { pointer: `#${path}`, detail: message }
  const parameter = path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')
  return { parameter, in: PLACES[part], detail: message }
}

/** The payload as the declared schema makes it: what is not declared does not leave the house. */
async function conform(reply: FastifyReply, payload: unknown, responses: Responses): Promise<unknown> {
  const status = reply.statusCode
  const declared = responses[status] ?? responses[`${Math.floor(status / 100)}xx`] ?? responses['default']
  if (!isSchema(declared)) {
    throw webErrors.MILLRACE_WEB_RESPONSE_INVALID({ status, violations: 'no schema is declared for this status' })
  }
  const result = await check(declared, payload)
  if (result.ok) return result.value
  throw webErrors.MILLRACE_WEB_RESPONSE_INVALID({ status, violations: describeViolations(result.violations) })
}

function listOf<T>(hooks: T | T[] | undefined): T[] {
  if (hooks === undefined) return []
  return Array.isArray(hooks) ? hooks : [hooks]
}
