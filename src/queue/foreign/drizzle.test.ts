import { sql } from 'drizzle-orm'
import { drizzle as drizzleOverPg, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { type PgDatabase, type PgQueryResultHKT, pgTable, text } from 'drizzle-orm/pg-core'
import { drizzle as drizzleOverPostgres } from 'drizzle-orm/postgres-js'
import pg from 'pg'
import { exampleWorks, foreignConformance, type Inside, type Opened, sendReceipt } from './conformance-test-kit.ts'
import type { DrizzleTransaction } from './drizzle.ts'
import { connectPostgres, NO_WAIT } from './postgres-js-test-kit.ts'

const orders = pgTable('orders', { id: text().primaryKey() })

type Transactional = PgDatabase<PgQueryResultHKT> & DrizzleTransaction

function inside(tx: Transactional): Inside {
  return {
    tx,
    insertOrder: (id) => tx.insert(orders).values({ id }),
    run: (statement) => tx.execute(sql.raw(statement)),
    nested: (work) => tx.transaction((inner) => work(inside(inner as unknown as Transactional))),
  }
}

async function openOverPg(url: string): Promise<Opened> {
  const pool = new pg.Pool({ connectionString: url })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const db: NodePgDatabase = drizzleOverPg(pool)
  return {
    notOpen: { db },
    transaction: (work) => db.transaction((tx) => work(inside(tx))),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

async function openOverPostgres(url: string): Promise<Opened> {
  const client = connectPostgres(url)
  const db = drizzleOverPostgres(client)
  return {
    notOpen: { db },
    transaction: (work) => db.transaction((tx) => work(inside(tx))),
    [Symbol.asyncDispose]: () => client.end(NO_WAIT),
  }
}

foreignConformance('Drizzle over pg', openOverPg, { tellEnded: false })
foreignConformance('Drizzle over postgres', openOverPostgres, { tellEnded: false })

exampleWorks('Drizzle', async (url, submit, orderId) => {
  const pool = new pg.Pool({ connectionString: url })
  const db = drizzleOverPg(pool)
  // example
  await db.transaction(async (tx) => {
    await tx.insert(orders).values({ id: orderId })
    await submit(sendReceipt, { orderId }, { tx })
  })
  // end of example
  await pool.end()
})
