import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Knex } from 'knex'
import type { Kysely } from 'kysely'
import type pg from 'pg'
import type postgres from 'postgres'
import type { DataSource } from 'typeorm'
import { foreignQueue, greet, stored } from './foreign/conformance-test-kit.ts'
import type { PrismaLike } from './foreign/prisma-test-kit.ts'
import { arrayText, withoutComments, withQuestionMarks } from './foreign/statement-text.ts'
import { asQueryable, type ForeignTransaction } from './foreign-transaction.ts'

describe('what submit takes for a transaction', () => {
  test('is nothing that no library made', async () => {
    await using q = await foreignQueue()
    class Order {}
    const strangers: readonly (readonly [unknown, RegExp])[] = [
      [{}, /tx \(Object\)/],
      [new Order(), /tx \(Order\)/],
      [Object.create(null), /tx \(object\)/],
      [[], /tx \(Array\)/],
      [() => {}, /tx \(Function\)/],
      ['begin', /tx \(String\)/],
      [null, /tx \(Object\)/],
    ]
    for (const [stranger, message] of strangers) {
      const refused = { code: 'MILLRACE_QUEUE_TX_UNKNOWN', message }
      await assert.rejects(q.submit(greet, { name: 'a' }, { tx: stranger as ForeignTransaction }), refused)
    }
    assert.equal((await stored(q)).jobs, 0)
  })

  test('is the surrounding transaction when it is handed the database of Millrace', async () => {
    await using q = await foreignQueue()
    const refused = { code: 'MILLRACE_QUEUE_TX_NOT_OPEN' }
    await assert.rejects(q.submit(greet, { name: 'outside' }, { tx: q.db }), refused)
    const failing = q.db.transaction(async () => {
      await q.submit(greet, { name: 'inside' }, { tx: q.db })
      throw new Error('on purpose')
    })
    await assert.rejects(failing, /on purpose/)
    assert.equal((await stored(q)).jobs, 0)
    await q.db.transaction((tx) => q.submit(greet, { name: 'inside' }, { tx }))
    assert.equal((await stored(q)).jobs, 1)
  })

  test('has a type that the objects outside of a transaction do not have', () => {
    /** Never called: the compiler is what looks at it. */
    const outside = (
      pool: pg.Pool,
      drizzle: NodePgDatabase,
      kysely: Kysely<unknown>,
      prisma: PrismaLike & { $queryRawUnsafe(text: string): Promise<unknown> },
      knex: Knex,
      dataSource: DataSource,
      sql: postgres.Sql,
    ): readonly ForeignTransaction[] => [
      // @ts-expect-error a pool has a connection per statement
      pool,
      // @ts-expect-error only `tx` can roll back
      drizzle,
      // @ts-expect-error only `trx` says that it is a transaction
      kysely,
      // @ts-expect-error only the client outside can connect
      prisma,
      // @ts-expect-error only `trx` can be completed
      knex,
      // @ts-expect-error only an entity manager belongs to a connection
      dataSource,
      // @ts-expect-error only inside `begin` are there savepoints
      sql,
    ]
    assert.equal(typeof outside, 'function')
  })
})

describe('a statement on its way through a library', () => {
  test('loses its comments and keeps its strings', () => {
    assert.equal(
      withoutComments("-- a ? header: $1\nselect '--', 'it''s /* */' /* gone ? */ from t -- end"),
      "\nselect '--', 'it''s /* */'   from t \n",
    )
  })

  test('has its values where the question marks are, twice when they are used twice', () => {
    assert.deepEqual(withQuestionMarks('$2::text, $1::int[], $2 ? $10', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), {
      text: '?::text, ?::int[], ? \\? ?',
      values: [2, 1, 2, 10],
    })
  })

  test('has arrays as PostgreSQL writes them', async () => {
    await using q = await foreignQueue()
    const texts = ['', 'NULL', 'null', '{}', '","', '\\', '"', "'", ' a ', 'line\nbreak', '✓', null]
    const { rows } = await q.db.query(
      'select $1::text[] as texts, $2::boolean[] as booleans, $3::bigint[] as numbers',
      [arrayText(texts), arrayText([true, false, null]), arrayText([1, -2, null])],
    )
    assert.deepEqual(rows, [{ texts, booleans: [true, false, null], numbers: ['1', '-2', null] }])
    assert.equal(arrayText([]), '{}')
  })

  test('that has no array to begin with is a bug, and is never sent', async () => {
    const sent: string[] = []
    const client = {
      async query({ text }: { readonly text: string }): Promise<{ readonly rows: unknown[] }> {
        sent.push(text)
        return { rows: [{ identity: '1 1' }] }
      },
    }
    await assert.rejects(asQueryable(client).query('delete from orders'), /begins with a parameter cast to an array/)
    assert.deepEqual(
      sent.filter((text) => text.includes('orders')),
      [],
    )
  })
})
