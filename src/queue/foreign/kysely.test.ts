import { CamelCasePlugin, type ControlledTransaction, Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { exampleWorks, foreignConformance, type Inside, type Opened, sendReceipt } from './conformance-test-kit.ts'

interface Tables {
  readonly orders: { readonly id: string }
}

function inside(trx: Transaction<Tables>, nested: Inside['nested']): Inside {
  return {
    tx: trx,
    insertOrder: (id) => trx.insertInto('orders').values({ id }).execute(),
    run: (text) => sql.raw(text).execute(trx),
    nested,
  }
}

function controlled(trx: ControlledTransaction<Tables, string[]>, depth = 0): Inside {
  return inside(trx, async (work) => {
    const name = `s${depth}`
    const inner = await trx.savepoint(name).execute()
    await work(controlled(inner as ControlledTransaction<Tables, string[]>, depth + 1)).catch(
      async (thrown: unknown) => {
        await inner.rollbackToSavepoint(name).execute()
        throw thrown
      },
    )
  })
}

function openKysely(url: string): Kysely<Tables> {
  const pool = new pg.Pool({ connectionString: url })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin()] })
}

/** Transactions with a callback have no savepoints of their own: SQL makes them. */
async function openWithCallback(url: string): Promise<Opened> {
  const db = openKysely(url)
  const bySql = (trx: Transaction<Tables>, depth = 0): Inside =>
    inside(trx, async (work) => {
      await sql.raw(`savepoint s${depth}`).execute(trx)
      await work(bySql(trx, depth + 1)).catch(async (thrown: unknown) => {
        await sql.raw(`rollback to savepoint s${depth}`).execute(trx)
        throw thrown
      })
    })
  return {
    notOpen: { db },
    transaction: (work) => db.transaction().execute((trx) => work(bySql(trx))),
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

async function openControlled(url: string): Promise<Opened> {
  const db = openKysely(url)
  return {
    notOpen: { db },
    async transaction(work) {
      const trx = await db.startTransaction().execute()
      try {
        await work(controlled(trx))
        await trx.commit().execute()
      } catch (thrown) {
        if (!trx.isCommitted && !trx.isRolledBack) await trx.rollback().execute()
        throw thrown
      }
    },
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

foreignConformance('Kysely', openWithCallback, { tellEnded: true })
foreignConformance('Kysely, one that is committed by hand,', openControlled, { tellEnded: true })

exampleWorks('Kysely', async (url, submit, orderId) => {
  const db = openKysely(url)
  // example
  await db.transaction().execute(async (trx) => {
    await trx.insertInto('orders').values({ id: orderId }).execute()
    await submit(sendReceipt, { orderId }, { tx: trx })
  })
  // end of example
  await db.destroy()
})
