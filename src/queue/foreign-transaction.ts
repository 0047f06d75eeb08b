/** Transactions of the user's own library, as something that our statements can be sent over. */
import { Database } from '../data/database.ts'
import { OpenTransaction, type Queryable, type Transaction } from '../data/transaction.ts'
import { queueErrors } from './errors.ts'
import { type DrizzleTransaction, drizzleLibrary } from './foreign/drizzle.ts'
import { inTurn } from './foreign/in-turn.ts'
import { type KnexTransaction, knexLibrary } from './foreign/knex.ts'
import { type KyselyTransaction, kyselyLibrary } from './foreign/kysely.ts'
import type { ForeignLibrary } from './foreign/library.ts'
import { type MikroOrmEntityManager, mikroOrmLibrary } from './foreign/mikro-orm.ts'
import { type PgTransaction, pgLibrary } from './foreign/pg.ts'
import { type PostgresJsTransaction, postgresJsLibrary } from './foreign/postgres-js.ts'
import { type PrismaTransaction, prismaLibrary } from './foreign/prisma.ts'
import { withinOneTransaction } from './foreign/same-transaction.ts'
import { type TypeOrmEntityManager, type TypeOrmQueryRunner, typeOrmLibrary } from './foreign/typeorm.ts'

/** An open transaction, of Millrace or of the user's own library, as that library hands it out. */
export type ForeignTransaction =
  | Transaction
  | PgTransaction
  | DrizzleTransaction
  | KyselyTransaction
  | PrismaTransaction
  | KnexTransaction
  | TypeOrmEntityManager
  | TypeOrmQueryRunner
  | MikroOrmEntityManager
  | PostgresJsTransaction

/** The most particular first: whatever has a `query` could be a client of `pg`. */
const LIBRARIES: readonly ForeignLibrary[] = [
  drizzleLibrary,
  prismaLibrary,
  mikroOrmLibrary,
  typeOrmLibrary,
  kyselyLibrary,
  knexLibrary,
  postgresJsLibrary,
  pgLibrary,
]

/**
 * Answers how to write within the transaction `tx`. Guarantee: a statement sent over the answer is a part of that
 * transaction, or fails; where `tx` itself does not tell, the database does (foreign/same-transaction.ts).
 *
 * What no one can tell: an object that outlived its transaction, when its library lets it go on using a connection on which
 * somebody else has begun one. Drizzle over `pg` and postgres.js do.
 *
 * @throws MILLRACE_QUEUE_TX_UNKNOWN for what is no transaction of a known library; MILLRACE_QUEUE_TX_NOT_OPEN, here or from
 * the first statement, for what is in no open one.
 */
export function asQueryable(tx: ForeignTransaction | Queryable): Queryable {
  if (tx instanceof OpenTransaction) return tx
  if (tx instanceof Database) return tx.current ?? refuse('Millrace')
  if (tx === null || (typeof tx !== 'object' && typeof tx !== 'function')) throw unknown(tx)
  for (const library of LIBRARIES) {
    const send = library.sendOver(tx)
    if (send === 'not-open') return refuse(library.name)
    if (send !== undefined) return withinOneTransaction(library.name, inTurn(tx, send))
  }
  throw unknown(tx)
}

function refuse(library: string): never {
  throw queueErrors.MILLRACE_QUEUE_TX_NOT_OPEN({ library })
}

function unknown(tx: unknown): Error {
  const maker: unknown = Object(tx).constructor?.name
  return queueErrors.MILLRACE_QUEUE_TX_UNKNOWN({ what: typeof maker === 'string' && maker !== '' ? maker : typeof tx })
}
