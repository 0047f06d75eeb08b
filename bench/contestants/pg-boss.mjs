/**
 * pg-boss in its two ways of working: its own worker with large batches that fetches on without a pause while they are full,
 * and `fetch` and `complete` called by hand. Low latency comes from LISTEN and NOTIFY, which it has behind two options.
 */
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { atMost } from './at-most.ts'

const QUEUE = 'noop'
const POOL_MAX = 25
const DEADLINE_MS = 10_000
/** Connections that its own statements need beside those of the handlers. */
const OWN_CONNECTIONS = 4
const WRITE = 'insert into public.written (i) values ($1)'

/** @type {import('./system.ts').OpenSystem} */
export async function open(connectionString) {
  const boss = await openBoss(connectionString, POOL_MAX)
  await boss.createQueue(QUEUE)
  return {
    async submitMany(first, count) {
      await boss.insert(
        QUEUE,
        Array.from({ length: count }, (_, n) => ({ data: { i: first + n } })),
      )
    },
    submit: (payload) => boss.send(QUEUE, payload),
    async work(setting, onJob) {
      if (setting === 'notify') await boss.updateQueue(QUEUE, { notify: true })
      const { way, size, loops, atOnce } = partsOf(setting)
      if (way === 'fetch') {
        const complete = (ids) => boss.complete(QUEUE, ids)
        return fetchByHand(boss, { size, loops }, async (jobs) => {
          // a promise for each would be more than a job costs: only what waits is waited for
          if (atOnce === undefined) for (const job of jobs) onJob(job.data)
          else await atMost(atOnce, jobs, (job) => onJob(job.data))
          await complete(jobs.map((job) => job.id))
        })
      }
      const options = {
        batchSize: way === 'work' ? size : 1,
        localConcurrency: loops,
        burstWhenBatchFull: true,
        pollingIntervalSeconds: 0.5,
      }
      await boss.work(QUEUE, options, async (jobs) => {
        for (const job of jobs) {
          const running = onJob(job.data)
          if (running !== undefined) await running
        }
      })
      return () => boss.offWork(QUEUE, { wait: true })
    },
    async workTransactional(setting, onJob) {
      const { way, size, loops, atOnce = 1 } = partsOf(setting)
      if (way === 'work') {
        const own = await openBoss(connectionString, loops + OWN_CONNECTIONS)
        const options = {
          transactional: true,
          localConcurrency: loops,
          burstWhenReadyExceeds: 1,
          pollingIntervalSeconds: 0.5,
        }
        await own.work(QUEUE, options, async ([job], tx) => {
          await tx.executeSql(WRITE, [job.data.i])
          await onJob(job.data)
        })
        return () => own.stop({ timeout: DEADLINE_MS })
      }
      const pool = new pg.Pool({ connectionString, max: loops * atOnce })
      const stop = await fetchByHand(boss, { size, loops }, (jobs) =>
        atMost(atOnce, jobs, async (job) => {
          await inTransaction(pool, async (client) => {
            await client.query(WRITE, [job.data.i])
            // the job, not its id: then it is completed only while it is still in this attempt
            const db = { executeSql: (text, values) => client.query(text, values) }
            const { affected } = await boss.complete(QUEUE, [job], undefined, { db })
            if (affected !== 1) throw new Error('the job was given to someone else')
          })
          await onJob(job.data)
        }),
      )
      return async () => {
        await stop()
        await pool.end()
      }
    },
    async left() {
      const { rows } = await boss
        .getDb()
        .executeSql("select count(*)::integer as left from pgboss.job where state < 'completed'")
      return rows[0].left
    },
    close: () => boss.stop({ graceful: false, timeout: DEADLINE_MS }),
  }
}

async function openBoss(connectionString, max) {
  const boss = new PgBoss({ connectionString, max, useListenNotify: true })
  boss.on('error', (error) => process.stderr.write(`pg-boss: ${error.message}\n`))
  await boss.start()
  return boss
}

/** `fetch 500 2 x16`: 500 a time, by two loops, each with 16 handlers at a time; `work …` likewise, by its own worker. */
function partsOf(setting) {
  const [way, size, loops = '1', atOnce] = setting.split(' ')
  return { way, size: Number(size), loops: Number(loops), atOnce: atOnce && Number(atOnce.slice(1)) }
}

/** Loops that fetch a batch and hand it to `run`, which completes it, until stopped. */
async function fetchByHand(boss, { size, loops }, run) {
  let isStopped = false
  const running = Array.from({ length: loops }, async () => {
    while (!isStopped) {
      const jobs = await boss.fetch(QUEUE, { batchSize: size })
      if (jobs.length > 0) await run(jobs)
      else await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })
  return async () => {
    isStopped = true
    await Promise.all(running)
  }
}

async function inTransaction(pool, work) {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await work(client)
    await client.query('commit')
    client.release()
  } catch (error) {
    client.release(true)
    throw error
  }
}
