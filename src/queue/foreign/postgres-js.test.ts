import type postgres from 'postgres'
import { exampleWorks, foreignConformance, type Inside, type Opened, sendReceipt } from './conformance-test-kit.ts'
import { connectPostgres, NO_WAIT } from './postgres-js-test-kit.ts'

function inside(sql: postgres.TransactionSql): Inside {
  return {
    tx: sql,
    insertOrder: (id) => sql`insert into orders (id) values (${id})`,
    run: (text) => sql.unsafe(text),
    nested: (work) => sql.savepoint((inner) => work(inside(inner))),
  }
}

async function openPostgres(url: string): Promise<Opened> {
  const sql = connectPostgres(url)
  const reserved = await sql.reserve()
  return {
    notOpen: { sql, 'a reserved connection': reserved },
    transaction: (work) => sql.begin((tx) => work(inside(tx))),
    async [Symbol.asyncDispose]() {
      reserved.release()
      await sql.end(NO_WAIT)
    },
  }
}

foreignConformance('postgres', openPostgres, { tellEnded: false })

exampleWorks('postgres', async (url, submit, orderId) => {
  const sql = connectPostgres(url)
  // example
  await sql.begin(async (tx) => {
    await tx`insert into orders (id) values (${orderId})`
    await submit(sendReceipt, { orderId }, { tx })
  })
  // end of example
  await sql.end()
})
