/** `/openapi.json`: OpenAPI 3.1, made of the schemas that check the requests and make the answers. */
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import { accessInWords, anyone, scopesIn } from '../contract/access.ts'
import { isSchema, jsonSchemaOf, type Schema } from '../contract/schema.ts'
import { isUnchanged } from './conditional.ts'
import type { UploadRule } from './uploads.ts'

type Json = Record<string, unknown>

/** Describes every route that is registered after this, and serves the description. */
export async function describeRoutes(
  app: FastifyInstance,
  about: {
    readonly title: string
    readonly release: string
    readonly origin: string | undefined
    readonly session?: string
  },
): Promise<void> {
  const { default: swagger } = await import('@fastify/swagger')
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: about.title, version: about.release },
      ...(about.origin === undefined ? {} : { servers: [{ url: about.origin }] }),
      components: {
        schemas: { Problem: problemSchema },
        ...(about.session === undefined ? {} : schemes(about.session)),
      },
    },
    convertConstToEnum: false,
    transform: ({ schema, url, route }) => ({ schema: describe(schema ?? {}, route), url }),
    transformObject: (document) =>
      withProblems((document as unknown as { openapiObject: Json }).openapiObject) as never,
  })
  let document: { readonly text: string; readonly etag: string } | undefined
  app.get('/openapi.json', { config: { access: anyone }, schema: { hide: true } }, (request, reply) => {
    document ??= asDocument(app.swagger())
    reply.header('etag', document.etag).header('cache-control', 'no-cache').type('application/json; charset=utf-8')
    return isUnchanged(request, document.etag) ? reply.code(304).send() : reply.send(document.text)
  })
}

/** How somebody shows who they are. `cookie`: its name. */
function schemes(cookie: string): Json {
  return {
    securitySchemes: {
      session: { type: 'apiKey', in: 'cookie', name: cookie },
      bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    },
  }
}

function asDocument(value: unknown): { readonly text: string; readonly etag: string } {
  const text = JSON.stringify(value, null, 2)
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` }
}

/** A route's schemas as JSON Schemas. */
function describe(schema: FastifySchema, route: RouteOptions): FastifySchema {
  const { body, querystring, params, headers, response, ...rest } = schema
  const upload = route.config?.upload
  const parameters = { params, querystring, headers }
  const described: Json = { operationId: operationIdOf(route), ...rest, ...accessOf(route) }
  for (const [part, value] of Object.entries(parameters)) if (isSchema(value)) described[part] = wireSchema(value)
  if (isSchema(body)) described['body'] = jsonSchemaOf(body, 'input')
  if (upload !== undefined) Object.assign(described, { consumes: ['multipart/form-data'], body: uploadSchema(upload) })
  if (response !== undefined && response !== null) {
    described['response'] = Object.fromEntries(
      Object.entries(response).map(([status, value]) => [status, answerSchema(status, value)]),
    )
  }
  return described as FastifySchema
}

/** Values that come as text are often coerced, so that the input could be anything: then the output says more. */
function wireSchema(schema: Schema): Json {
  const input = jsonSchemaOf(schema, 'input')
  const output = jsonSchemaOf(schema, 'output')
  const known = { ...(output['properties'] as Json | undefined) }
  const properties = Object.entries((input['properties'] ?? {}) as Record<string, Json>).map(([name, given]) => {
    const isOpen = Object.keys(given).every((word) => word === 'default' || word === 'description')
    return [name, isOpen ? { ...(known[name] as Json | undefined), ...given } : given]
  })
  return { ...input, properties: Object.fromEntries(properties) }
}

function answerSchema(status: string, value: unknown): Json {
  const json = isSchema(value) ? jsonSchemaOf(value, 'output') : (value as Json)
  return { ...json, 'x-response-description': STATUS_TEXTS[status] ?? json['description'] ?? 'The answer' }
}

const STATUS_TEXTS: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Made',
  202: 'Accepted: Location says where to ask what becomes of it',
  204: 'Done, nothing to say',
  303: 'Done: Location says what came of it',
}

function uploadSchema({ field, countMax, bytesMax }: UploadRule): Json {
  const items = {
    type: 'string',
    contentMediaType: 'application/octet-stream',
    description: `A file of at most ${bytesMax} bytes`,
  }
  const files = { type: 'array', minItems: 1, maxItems: countMax, items }
  return { type: 'object', required: [field], additionalProperties: false, properties: { [field]: files } }
}

/** Who may use it: what an application without users does not ask. */
function accessOf({ config }: RouteOptions): Json {
  const access = config?.access
  if (access === undefined || access.kind === 'anyone') return {}
  const tokens = scopesIn(access).map((scopes) => ({ bearer: scopes }))
  return { security: [{ session: [] }, ...tokens], 'x-access': accessInWords(access) }
}

/** `GET /api/photos/:id` → `getApiPhotosById`. */
function operationIdOf({ method, url }: RouteOptions): string {
  const words = url.split(/[/.-]/).filter((part) => part !== '' && part !== '*')
  const name = words.map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word))).join('')
  return `${String([method].flat()[0]).toLowerCase()}${name}`
}

function capital(word: string): string {
  const letters = word.replace(/\W+/g, '')
  return letters.charAt(0).toUpperCase() + letters.slice(1)
}

/** Every route may answer a problem. */
function withProblems(document: Json): Json {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  for (const path of Object.values(document['paths'] as Record<string, Record<string, { responses: Json }>>)) {
    for (const operation of Object.values(path)) {
      operation.responses = { ...operation.responses, default: { description: 'A problem (RFC 9457)', content } }
    }
  }
  return document
}

const text = (description: string): object => ({ type: 'string', description })
const problemSchema: object = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'instance'],
  properties: {
    type: text('Where the kind of problem is explained, or about:blank'),
    title: text('The kind of problem in words'),
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: text('What happened this time'),
    code: text('A stable word for programs'),
    remedy: text('What to do about it'),
    instance: text('Which occurrence it is: under this id the log has more'),
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['detail'],
        properties: {
          detail: text('What is wrong'),
          pointer: text('Where in the body, as a JSON Pointer'),
          parameter: text('The name of the parameter'),
          in: { enum: ['path', 'query', 'header'] },
        },
      },
    },
  },
}
