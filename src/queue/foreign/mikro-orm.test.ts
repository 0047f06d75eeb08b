import { defineEntity, type EntityManager, MikroORM, p } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { exampleWorks, foreignConformance, type Inside, type Opened, sendReceipt } from './conformance-test-kit.ts'

const Order = defineEntity({ name: 'Order', tableName: 'orders', properties: { id: p.text().primary() } })

function inside(em: EntityManager): Inside {
  return {
    tx: em,
    insertOrder: async (id) => {
      em.create(Order, { id })
      await em.flush()
    },
    run: (text) => em.execute(text),
    nested: (work) => em.transactional((inner) => work(inside(inner))),
  }
}

const settings = (url: string) => ({
  entities: [Order],
  clientUrl: url,
  dbName: new URL(url).pathname.slice(1),
  logger: () => {},
})

async function openMikroOrm(url: string): Promise<Opened> {
  const held = new Set<{ release(isBroken: boolean): void }>()
  const orm = await MikroORM.init({
    ...settings(url),
    driverOptions: {
      onPoolCreated(pool: Pool): void {
        pool.on('acquire', (client) => held.add(client))
        pool.on('release', (_, client) => held.delete(client))
      },
    },
  })
  return {
    notOpen: { 'the entity manager outside of a transaction': orm.em, 'a fork of it': orm.em.fork() },
    transaction: (work) => orm.em.fork().transactional((em) => work(inside(em))),
    async [Symbol.asyncDispose]() {
      // MikroORM 7.2.1 never gives back a connection that was lost within a transaction, and its end waits for all of them
      for (const client of held) client.release(true)
      await orm.close(true)
    },
  }
}

foreignConformance('MikroORM', openMikroOrm, { tellEnded: true })

exampleWorks('MikroORM', async (url, submit, orderId) => {
  const orm = await MikroORM.init(settings(url))
  const em = orm.em.fork()
  // example
  await em.transactional(async (tx) => {
    tx.create(Order, { id: orderId })
    await submit(sendReceipt, { orderId }, { tx })
  })
  // end of example
  await orm.close()
})
