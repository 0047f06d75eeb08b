import pg from 'pg'
import { exampleWorks, foreignConformance, type Inside, type Opened, sendReceipt } from './conformance-test-kit.ts'

function inside(client: pg.ClientBase, depth = 0): Inside {
  return {
    tx: client,
    insertOrder: (id) => client.query('insert into orders (id) values ($1)', [id]),
    run: (text) => client.query(text),
    async nested(work) {
      await client.query(`savepoint s${depth}`)
      await work(inside(client, depth + 1)).catch(async (thrown: unknown) => {
        await client.query(`rollback to savepoint s${depth}`)
        throw thrown
      })
    },
  }
}

async function between(client: pg.ClientBase, work: (inside: Inside) => Promise<void>): Promise<void> {
  await client.query('begin')
  try {
    await work(inside(client))
    await client.query('commit')
  } catch (thrown) {
    await client.query('rollback').catch(() => {})
    throw thrown
  }
}

async function openPool(url: string): Promise<Opened> {
  const pool = new pg.Pool({ connectionString: url })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const idle = await pool.connect()
  return {
    notOpen: { 'the pool': pool, 'a client outside of a transaction': idle },
    async transaction(work) {
      const client = await pool.connect()
      await between(client, work).finally(() => client.release())
    },
    async [Symbol.asyncDispose]() {
      idle.release()
      await pool.end()
    },
  }
}

async function openClient(url: string): Promise<Opened> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return {
    notOpen: { 'a client outside of a transaction': client },
    transaction: (work) => between(client, work),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

foreignConformance('pg, a client of a pool,', openPool, { tellEnded: false })
foreignConformance('pg, a client of its own,', openClient, { tellEnded: false })

exampleWorks('pg', async (url, submit, orderId) => {
  const pool = new pg.Pool({ connectionString: url })
  // example
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('insert into orders (id) values ($1)', [orderId])
    await submit(sendReceipt, { orderId }, { tx: client })
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
  // end of example
  await pool.end()
})
