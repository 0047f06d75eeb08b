/**
 * Requests are checked, and answers are made, by Standard Schemas. Fastify's own validation cannot take what an asynchronous
 * schema makes of a value, so both happen in hooks that are added to each route with schemas.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { check, describeViolations, isSchema, type Schema, VIOLATIONS_MAX, type Violation } from '../contract/schema.ts'
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
        async (request: FastifyRequest) => {
          if (takesBody) requireJson(request)
          await checkRequest(request, schemas)
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
function requireJson(request: FastifyRequest): void {
  const given = request.headers['content-type'] ?? ''
  if (given === '' || request.body !== undefined) return
  throw webErrors.MILLRACE_WEB_MEDIA_TYPE({ given, wanted: 'application/json' })
}

/** @throws Problem MILLRACE_WEB_INPUT_INVALID naming what is wrong in all parts, not only the first. */
async function checkRequest(request: FastifyRequest, schemas: readonly (readonly [Part, Schema])[]): Promise<void> {
  const errors: ProblemDetail[] = []
  for (const [part, schema] of schemas) {
    const result = await check(schema, request[part] ?? (part === 'body' ? null : {}))
    if (!result.ok) errors.push(...result.violations.map((violation) => detailOf(part, violation)))
    else if (part === 'headers') Object.assign(request.headers, result.value)
    else request[part] = result.value
  }
  if (errors.length > 0) {
    const told = errors.slice(0, VIOLATIONS_MAX)
    throw problemOf(webErrors.MILLRACE_WEB_INPUT_INVALID({ count: told.length }), { errors: told })
  }
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
