/**
 * pg-boss in its two ways of working: its own worker with large batches that fetches on without a pause while they are full,
 * and `fetch` and `complete` called by hand. Low latency comes from LISTEN and NOTIFY, which it has behind two options.
 */
import { PgBoss } from 'pg-boss'

const QUEUE = 'noop'
const POOL_MAX = 25
const DEADLINE_MS = 10_000

/** @type {import('./system.ts').OpenSystem} */
export async function open(connectionString) {
  const boss = new PgBoss({ connectionString, max: POOL_MAX, useListenNotify: true })
  boss.on('error', (error) => process.stderr.write(`pg-boss: ${error.message}\n`))
  await boss.start()
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
      const [way, size, concurrency = '1'] = setting.split(' ')
      if (way === 'fetch') return fetchByHand(boss, Number(size), Number(concurrency), onJob)
      const options = {
        batchSize: way === 'work' ? Number(size) : 1,
        localConcurrency: Number(concurrency),
        burstWhenBatchFull: true,
        pollingIntervalSeconds: 0.5,
      }
      await boss.work(QUEUE, options, async (jobs) => {
        for (const job of jobs) onJob(job.data)
      })
      return () => boss.offWork(QUEUE, { wait: true })
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

/** `concurrency` loops that fetch a batch, run it and complete it, until stopped. */
async function fetchByHand(boss, batchSize, concurrency, onJob) {
  let isStopped = false
  const loops = Array.from({ length: concurrency }, async () => {
    while (!isStopped) {
      const jobs = await boss.fetch(QUEUE, { batchSize })
      for (const job of jobs) onJob(job.data)
      if (jobs.length > 0)
        await boss.complete(
          QUEUE,
          jobs.map((job) => job.id),
        )
      else await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })
  return async () => {
    isStopped = true
    await Promise.all(loops)
  }
}
