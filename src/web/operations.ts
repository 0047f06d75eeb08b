/**
 * The operation as a resource: what became of a job, for whoever submitted it. Any web process serves any operation,
 * because all of them look into the same table.
 *
 * `GET` answers 200 while it goes on, and once it was cancelled: a cancelled operation is a state that was asked for, not an
 * error; 303 to what came of it when the task names that, else 200 with the result; a problem when it failed (see
 * failureOf for 422 and 500). `DELETE` answers 200 when it is cancelled, 202 while its worker has yet to stop, 409 when it
 * has ended otherwise.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { anyone } from '../contract/access.ts'
import { isUuid } from '../kernel/ids.ts'
import { queueErrors } from '../queue/errors.ts'
import type { OperationWatch } from '../queue/operation-watch.ts'
import { cancelOperation, getOperation, type Operation } from '../queue/operations.ts'
import { lookAgain, whoIs } from './access.ts'
import { RETRY_AFTER_S } from './answers.ts'
import { withoutDeadline } from './deadlines.ts'
import { documented } from './documented.ts'
import { webErrors } from './errors.ts'
import { openEventStream, StreamSlots } from './event-stream.ts'
import { failureOf, hasEnded, operationPath, operationSchema, viewOf } from './operation-view.ts'
import type { WebParts } from './parts.ts'
import { sendProblem } from './problems.ts'
import { clientOf } from './rates.ts'
import { StreamRights } from './stream-rights.ts'

interface IdParams {
  readonly id: string
}

const params = documented<IdParams>({
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', format: 'uuid' } },
})
const waitQuery = documented<{ readonly wait?: unknown }>({
  type: 'object',
  properties: { wait: { type: 'integer', minimum: 0, maximum: 30, description: 'Seconds to wait for its end.' } },
})
const documentation = { tags: ['operations'], params }
/** Whose operation it is, is asked of the operation. */
const config = { access: anyone }

export function operationRoutes(app: FastifyInstance, parts: WebParts, watch: OperationWatch): void {
  const slots = new StreamSlots(parts.limits)
  const rights = new StreamRights(parts.clock)
  let waiting = 0

  app.get<{ Params: IdParams; Querystring: { wait?: unknown } }>(
    '/operations/:id',
    {
      config,
      schema: {
        ...documentation,
        operationId: 'getOperation',
        summary: 'What became of a job',
        querystring: waitQuery,
        response: { 200: operationSchema, 303: operationSchema },
      },
    },
    async (request, reply) => {
      const operation = await ownOperation(request)
      const waitMs = Math.min(waitMsOf(request, reply), parts.limits.waitMsMax)
      if (waitMs === 0 || hasEnded(operation.status) || waiting >= parts.limits.waitCountMax)
        return answer(reply, operation)
      waiting += 1
      try {
        const latest = await untilEnded(operation, waitMs, reply)
        await checkOwner(request, latest, lookAgain)
        return await answer(reply, latest)
      } finally {
        waiting -= 1
      }
    },
  )

  app.delete<{ Params: IdParams }>(
    '/operations/:id',
    {
      config,
      schema: {
        ...documentation,
        operationId: 'cancelOperation',
        summary: 'Cancels a job',
        response: { 200: operationSchema, 202: operationSchema },
      },
    },
    async (request, reply) => {
      const { id } = await ownOperation(request)
      const operation = await cancelOperation(parts.db, id, parts)
      const { status } = operation
      if (status === 'succeeded' || status === 'failed') throw webErrors.MILLRACE_WEB_OPERATION_ENDED({ id, status })
      const view = await viewOf(parts, operation)
      if (status === 'cancelled') return reply.code(200).send(view)
      return reply
        .code(202)
        .headers({ location: operationPath(id), 'retry-after': RETRY_AFTER_S })
        .send(view)
    },
  )

  app.get<{ Params: IdParams }>(
    '/operations/:id/events',
    {
      exposeHeadRoute: false,
      config,
      schema: {
        ...documentation,
        operationId: 'streamOperation',
        summary: 'Every change of a job, as server-sent events',
        description:
          'Events named `operation`, whose id is the version and whose data is the operation; ends with the last one.',
      },
    },
    async (request, reply) => {
      const operation = await ownOperation(request)
      const seen = lastEventId(request)
      // 204 tells an EventSource that there is nothing to come back for
      if (hasEnded(operation.status) && seen === operation.version) return reply.code(204).send()
      const giveBack = slots.take(request.principal?.account ?? clientOf(request.ip))
      withoutDeadline(request)
      reply.hijack()
      let unwatch = (): void => {}
      const stream = openEventStream(reply.raw, {
        ...parts,
        onClose: () => {
          unwatch()
          unguard()
          giveBack()
        },
      })
      const unguard =
        parts.identity === undefined || operation.owner === null
          ? () => {}
          : rights.watch(async () => (await lookAgain(request))?.principal.account === operation.owner, stream.end)
      const tell = inOrder(async (changed: Operation) => {
        if (!stream.isOpen) return
        const data = await viewOf(parts, changed)
        stream.send({ name: 'operation', id: String(changed.version), data })
        if (hasEnded(changed.status)) stream.end()
      }, failed)
      function failed(error: unknown): void {
        parts.log.warn({ err: error, operation: operation.id }, 'an event stream ended early')
        stream.end()
      }
      if (operation.version !== seen) tell(operation)
      if (!hasEnded(operation.status) && stream.isOpen) unwatch = watch.watch(operation.id, operation.version, tell)
      return reply
    },
  )

  async function ownOperation(request: FastifyRequest<{ Params: IdParams }>): Promise<Operation> {
    const operation = await getOperation(parts.db, idOf(request.params))
    await checkOwner(request, operation, whoIs)
    return operation
  }

  /** Somebody else's operation is answered like one that is not there. */
  async function checkOwner(request: FastifyRequest, { id, owner }: Operation, who: typeof whoIs): Promise<void> {
    if (parts.identity === undefined || owner === null) return
    if ((await who(request))?.principal.account !== owner) throw queueErrors.MILLRACE_QUEUE_OPERATION_UNKNOWN({ id })
  }

  async function answer(reply: FastifyReply, operation: Operation): Promise<FastifyReply> {
    if (operation.status === 'failed')
      return sendProblem(reply, await failureOf(parts.db, operation), operationPath(operation.id))
    const view = await viewOf(parts, operation)
    if (view.links.resource !== undefined) reply.code(303).header('location', view.links.resource)
    if (!hasEnded(operation.status)) reply.header('retry-after', RETRY_AFTER_S)
    return reply.send(view)
  }

  /** The operation as it stands when it has ended, the time is up, the client has gone, or the server drains. */
  function untilEnded(operation: Operation, waitMs: number, reply: FastifyReply): Promise<Operation> {
    return new Promise((resolve) => {
      let latest = operation
      const done = (): void => {
        timer.cancel()
        unwatch()
        parts.draining.removeEventListener('abort', done)
        reply.raw.off('close', done)
        resolve(latest)
      }
      const timer = parts.clock.after(waitMs, done)
      const unwatch = watch.watch(operation.id, operation.version, (changed) => {
        latest = changed
        if (hasEnded(changed.status)) done()
      })
      parts.draining.addEventListener('abort', done)
      reply.raw.once('close', done)
      if (parts.draining.aborted) done()
    })
  }
}

/** What is no id cannot be there: the same answer as for one that is not. */
function idOf({ id }: IdParams): string {
  if (isUuid(id)) return id
  throw queueErrors.MILLRACE_QUEUE_OPERATION_UNKNOWN({ id })
}

/** `?wait=5`, or `Prefer: wait=5` (RFC 7240), in milliseconds. */
function waitMsOf(request: FastifyRequest<{ Querystring: { wait?: unknown } }>, reply: FastifyReply): number {
  const query = request.query.wait
  if (typeof query === 'string' && /^\d{1,4}$/.test(query)) return Number(query) * 1_000
  const prefer = /(?:^|[,;])\s*wait=(\d{1,4})\s*(?:$|[,;])/i.exec(String(request.headers['prefer'] ?? ''))?.[1]
  if (prefer === undefined) return 0
  reply.header('preference-applied', `wait=${prefer}`)
  return Number(prefer) * 1_000
}

/** The version that the client saw last. What is no version of ours counts as none. */
function lastEventId(request: FastifyRequest): number | undefined {
  const given = request.headers['last-event-id']
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : undefined
}

/** Runs one call after the other, in the order of the calls. */
function inOrder<T>(run: (value: T) => Promise<void>, onError: (error: unknown) => void): (value: T) => void {
  let last = Promise.resolve()
  return (value) => {
    last = last.then(() => run(value)).catch(onError)
  }
}
