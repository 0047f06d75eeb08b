/**
 * Proof that a job is written within the user's transaction, and not beside it.
 *
 * No library can be trusted to know. A `pg` client looks the same with and without BEGIN; a transaction's object may
 * be used after its end; and a `submit` that nobody awaits may send its statement behind the COMMIT, on the same
 * connection, where it would commit by itself. So the database is asked. PostgreSQL keeps the moment at which a transaction
 * began: inside a transaction it is the same for every statement, outside each statement has its own. The first
 * statement reads process and moment, and the one that writes compares them as it runs. Where they differ it fails,
 * whatever the library believes, and nothing is stored.
 */
import { strict as assert } from 'node:assert'
import type { Result } from '../../data/connection.ts'
import { type Statement, sql } from '../../data/sql.ts'
import type { Queryable } from '../../data/transaction.ts'
import { queueErrors } from '../errors.ts'
import type { Send, SentValue } from './library.ts'
import { arrayText, withoutComments } from './statement-text.ts'

const identify = sql(import.meta.url, '../sql/identify-transaction.sql')
const IDENTITY = withoutComments(identify.text).replace(/^\s*select\s|\sas identity\s*$/g, '')

/** A part of the error's message, and of nothing else: libraries put the statement's text into theirs. */
const OUTSIDE = ['millrace: outside the ', 'transaction'] as const

const CAUSES_MAX = 8

/** Sends statements by `send`, each of which fails unless it runs in the transaction that was open at the first. */
export function withinOneTransaction(library: string, send: Send): Queryable {
  let identity: Promise<string> | undefined

  async function query(statement: Statement | string, values: readonly unknown[] = []): Promise<Result<unknown>> {
    const text = withoutComments(typeof statement === 'string' ? statement : statement.text)
    identity ??= identityOf(send)
    const sent = [...values.map(sentValue), await identity]
    try {
      return { rows: [...(await send(guarded(text, sent.length), sent))], rowCount: null, command: '' }
    } catch (thrown) {
      throw isOutside(thrown) ? queueErrors.MILLRACE_QUEUE_TX_NOT_OPEN({ library }, thrown) : thrown
    }
  }
  return { query: query as Queryable['query'] }
}

async function identityOf(send: Send): Promise<string> {
  const [row] = (await send(withoutComments(identify.text), [])) as readonly { readonly identity: string }[]
  assert.ok(row, 'the database says which transaction this is')
  return row.identity
}

/**
 * The first parameter, an array, is replaced by one that is no array when the transaction is another one. The cast that
 * follows then raises the error: plain SQL can raise none by itself.
 */
function guarded(text: string, position: number): string {
  const first = `(case when ${IDENTITY} = $${position} then $1 else '${OUTSIDE.join("' || '")}' end)`
  const guardedText = text.replace(/\$1(?=::\w+\[\])/, () => first)
  assert.notEqual(guardedText, text, 'a statement for foreign transactions begins with a parameter cast to an array')
  return guardedText
}

function sentValue(value: unknown): SentValue {
  return Array.isArray(value) ? arrayText(value) : ((value ?? null) as SentValue)
}

/** Libraries wrap what the database says, some in several layers. */
function isOutside(thrown: unknown): boolean {
  let error = thrown
  for (let n = 0; n < CAUSES_MAX && error instanceof Error; n++) {
    if (error.message.includes(OUTSIDE.join(''))) return true
    error = error.cause
  }
  return false
}
