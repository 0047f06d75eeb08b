/** What a user writes in the web process: a Fastify application whose schemas give its types. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyTypeProvider,
  RawServerDefault,
} from 'fastify'
import type { Blobs } from '../blobs/blobs.ts'
import type { Principal } from '../contract/access.ts'
import type { Schema, SchemaInput, SchemaOutput } from '../contract/schema.ts'
import type { Database } from '../data/database.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { QueueClient } from '../queue/client.ts'

/**
 * Types from Standard Schemas: a handler gets what a request schema makes of the wire (its output), and gives what a
 * response schema takes (its input).
 */
export interface StandardSchemaProvider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends Schema ? SchemaOutput<this['schema']> : unknown
  readonly serializer: this['schema'] extends Schema ? SchemaInput<this['schema']> : unknown
}

/** A Fastify 5 instance, with nothing hidden, whose route schemas are Standard Schemas. */
export type WebInstance = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  StandardSchemaProvider
>

/** A request and a reply, for helpers of routes that take any. */
export type WebRequest = FastifyRequest
export type WebReply = FastifyReply

/** What the web process hands to the routes. */
export interface FrontRuntime extends QueueClient {
  readonly db: Database
  readonly blobs: Blobs
  readonly log: Log
  readonly clock: Clock
  /** Whom the application knows. It knows nobody where it has no users. */
  readonly people: Directory
}

/** Accounts, as an application may look at them. */
export interface Directory {
  /** Undefined: there is no such account, or it is disabled. */
  find(account: string): Promise<Principal | undefined>
  /** Those who have this e-mail address, in whatever letters: the provider may have several of them. */
  findByEmail(email: string): Promise<readonly Principal[]>
}

export type BuildFront = (web: WebInstance, runtime: FrontRuntime) => void | Promise<void>

export interface Front {
  readonly build: BuildFront
}

/**
 * Declares the web side of an application: the default export of its web file.
 *
 * @example
 * export default front((web, { db, submit }) => {
 *   web.post('/api/photos/:id/render', { schema: { params: z.strictObject({ id: z.uuid() }) } }, async (request, reply) => {
 *     const job = await db.transaction(async () => submit(renderPhoto, { photoId: request.params.id }))
 *     return reply.accepted(job)
 *   })
 * })
 */
export function front(build: BuildFront): Front {
  return Object.freeze({ build })
}
