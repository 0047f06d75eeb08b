/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a request that is repeated, because its answer was lost,
 * is carried out once. The answer is kept in the transaction of the effects, so that there is never one without the other.
 */
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Database } from '../data/database.ts'
import { sql } from '../data/sql.ts'
import type { Transaction } from '../data/transaction.ts'
import { isMillraceError } from '../kernel/errors.ts'
import type { Answer } from './answers.ts'
import { webErrors } from './errors.ts'

const begin = sql(import.meta.url, 'sql/begin-answer.sql')
const find = sql(import.meta.url, 'sql/find-answer.sql')
const keep = sql(import.meta.url, 'sql/keep-answer.sql')

/** How long a key holds. */
export const ANSWER_KEPT_MS = 24 * 3_600_000
/** How long a repeat waits for the first request, before it is told to come again. */
export const TWIN_WAIT_MS = 20_000

export interface IdempotentOptions {
  /** What the key belongs to: the route. Whose it is, where somebody has logged in, is added. */
  readonly scope: string
  /** What makes it the same request: any JSON value, such as the input or the hashes of files. */
  readonly fingerprint: unknown
}

/**
 * Runs `work` in a transaction, and keeps its answer when the request has an `Idempotency-Key`: a repeat gets it again, with
 * `Idempotency-Replayed: true`, and does nothing. A twin that comes while the first runs waits for it; when the first is
 * rolled back, the twin runs. Without the header, `work` just runs in a transaction.
 *
 * An answer is kept as it is given here: JSON body, status and headers. What `work` throws is not kept: it is rolled back.
 *
 * @throws MILLRACE_WEB_IDEMPOTENCY_KEY_INVALID, MILLRACE_WEB_IDEMPOTENCY_MISMATCH, MILLRACE_WEB_IDEMPOTENCY_BUSY
 * @example
 * return reply.answer(await idempotent(request, { scope: 'POST /api/albums', fingerprint: request.body }, async (tx) => {
 *   await tx.query(insertAlbum, [id, request.body.title])
 *   return { status: 201, headers: { location: `/api/albums/${id}` }, body: { id } }
 * }))
 */
export async function idempotent(
  request: FastifyRequest,
  options: IdempotentOptions,
  work: (tx: Transaction) => Promise<Answer>,
): Promise<Answer> {
  const db = request.server.getDecorator<Database>(DATABASE)
  const key = keyOf(request)
  if (key === undefined) return db.transaction(work)
  const who = request.principal?.account
  const scope = who === undefined ? options.scope : `${options.scope} of ${who}`
  const fingerprint = createHash('sha256')
    .update(JSON.stringify(options.fingerprint) ?? '')
    .digest('hex')
  return db.transaction(async (tx) => {
    if (!(await claimKey(tx, scope, key, fingerprint))) return replay(tx, scope, key, fingerprint)
    const answer = await work(tx)
    const { status, headers = {}, body } = answer
    await tx.query(keep, [scope, key, status, JSON.stringify(headers), JSON.stringify(body) ?? 'null'])
    return answer
  })
}

const DATABASE = Symbol('millrace.database')

/** Gives `idempotent` its database. */
export function supportIdempotency(app: FastifyInstance, db: Database): void {
  app.decorate(DATABASE, db)
}

/** `"…"` is the form of the draft, a bare value the one that most clients send. */
function keyOf(request: FastifyRequest): string | undefined {
  const given = request.headers['idempotency-key']
  if (given === undefined) return undefined
  const key = String(given).replace(/^"(.*)"$/, '$1')
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) throw webErrors.MILLRACE_WEB_IDEMPOTENCY_KEY_INVALID({})
  return key
}

async function claimKey(tx: Transaction, scope: string, key: string, fingerprint: string): Promise<boolean> {
  try {
    const values = [scope, key, fingerprint, ANSWER_KEPT_MS]
    return (await tx.query(begin, values, { deadlineMs: TWIN_WAIT_MS })).rows.length > 0
  } catch (thrown) {
    if (!isMillraceError(thrown, 'MILLRACE_DATA_DEADLINE')) throw thrown
    throw webErrors.MILLRACE_WEB_IDEMPOTENCY_BUSY({ ms: TWIN_WAIT_MS }, thrown)
  }
}

interface KeptRow {
  readonly fingerprint: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

async function replay(tx: Transaction, scope: string, key: string, fingerprint: string): Promise<Answer> {
  const [kept] = (await tx.query<KeptRow>(find, [scope, key])).rows
  if (kept === undefined) throw webErrors.MILLRACE_WEB_IDEMPOTENCY_BUSY({ ms: 0 }) // it expired just now, and was purged
  if (kept.fingerprint !== fingerprint) throw webErrors.MILLRACE_WEB_IDEMPOTENCY_MISMATCH({})
  return { status: kept.status, headers: { ...kept.headers, 'idempotency-replayed': 'true' }, body: kept.body }
}
