import { DataSource, type EntityManager, EntitySchema, type QueryRunner } from 'typeorm'
import { exampleWorks, foreignConformance, type Inside, type Opened, sendReceipt } from './conformance-test-kit.ts'

const orders = new EntitySchema<{ id: string }>({ name: 'orders', columns: { id: { type: 'text', primary: true } } })

function inside(manager: EntityManager): Inside {
  return {
    tx: manager,
    insertOrder: (id) => manager.insert(orders, { id }),
    run: (text) => manager.query(text),
    nested: (work) => manager.transaction((inner) => work(inside(inner))),
  }
}

function byRunner(runner: QueryRunner): Inside {
  return {
    ...inside(runner.manager),
    tx: runner,
    nested: async (work) => {
      await runner.startTransaction()
      try {
        await work(byRunner(runner))
        await runner.commitTransaction()
      } catch (thrown) {
        await runner.rollbackTransaction()
        throw thrown
      }
    },
  }
}

async function openDataSource(url: string): Promise<DataSource> {
  return new DataSource({ type: 'postgres', url, entities: [orders], logging: false }).initialize()
}

async function openWithManager(url: string): Promise<Opened> {
  const dataSource = await openDataSource(url)
  return {
    notOpen: { 'the data source': dataSource, 'its manager': dataSource.manager },
    transaction: (work) => dataSource.transaction((manager) => work(inside(manager))),
    [Symbol.asyncDispose]: () => dataSource.destroy(),
  }
}

async function openWithRunner(url: string): Promise<Opened> {
  const dataSource = await openDataSource(url)
  const idle = dataSource.createQueryRunner()
  return {
    notOpen: { 'a query runner outside of a transaction': idle, 'its manager': idle.manager },
    async transaction(work) {
      const runner = dataSource.createQueryRunner()
      try {
        await byRunner(runner).nested(work)
      } finally {
        await runner.release()
      }
    },
    async [Symbol.asyncDispose]() {
      await idle.release()
      await dataSource.destroy()
    },
  }
}

foreignConformance('TypeORM, by its manager,', openWithManager, { tellEnded: true })
foreignConformance('TypeORM, by its query runner,', openWithRunner, { tellEnded: true })

exampleWorks('TypeORM', async (url, submit, orderId) => {
  const dataSource = await openDataSource(url)
  // example
  await dataSource.transaction(async (manager) => {
    await manager.insert(orders, { id: orderId })
    await submit(sendReceipt, { orderId }, { tx: manager })
  })
  // end of example
  await dataSource.destroy()
})
