/** BullMQ on Redis without persistence: its fastest. Finished jobs are removed at once, as its documentation advises. */
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'

const NAME = 'noop'

/** @type {import('./system.ts').OpenSystem} */
export async function open(url) {
  const connect = () => new Redis(url, { maxRetriesPerRequest: null })
  const connection = connect()
  const queue = new Queue(NAME, { connection, defaultJobOptions: { removeOnComplete: true } })
  await queue.waitUntilReady()
  return {
    async submitMany(first, count) {
      await queue.addBulk(Array.from({ length: count }, (_, n) => ({ name: NAME, data: { i: first + n } })))
    },
    submit: async (payload) => (await queue.add(NAME, payload)).id ?? '',
    async work(setting, onJob) {
      const own = connect()
      const worker = new Worker(NAME, async (job) => onJob(job.data), { connection: own, concurrency: Number(setting) })
      worker.on('error', (error) => process.stderr.write(`BullMQ: ${error.message}\n`))
      await worker.waitUntilReady()
      return async () => {
        await worker.close()
        own.disconnect()
      }
    },
    async left() {
      const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'failed', 'paused')
      return Object.values(counts).reduce((sum, count) => sum + count, 0)
    },
    async close() {
      await queue.close()
      connection.disconnect()
    },
  }
}
