import knex, { type Knex } from 'knex'
import { exampleWorks, foreignConformance, type Inside, type Opened, sendReceipt } from './conformance-test-kit.ts'

function inside(trx: Knex.Transaction): Inside {
  return {
    tx: trx,
    insertOrder: (id) => trx('orders').insert({ id }),
    run: (text) => trx.raw(text),
    nested: (work) => trx.transaction((inner) => work(inside(inner))),
  }
}

const connect = (url: string): Knex => knex({ client: 'pg', connection: url, pool: { min: 0, max: 5 } })

async function openKnex(url: string): Promise<Opened> {
  const db = connect(url)
  return {
    notOpen: { knex: db },
    transaction: (work) => db.transaction((trx) => work(inside(trx))),
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

foreignConformance('Knex', openKnex, { tellEnded: true })

exampleWorks('Knex', async (url, submit, orderId) => {
  const db = connect(url)
  // example
  await db.transaction(async (trx) => {
    await trx('orders').insert({ id: orderId })
    await submit(sendReceipt, { orderId }, { tx: trx })
  })
  // end of example
  await db.destroy()
})
