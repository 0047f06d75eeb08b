/**
 * graphile-worker as its page on performance sets it: a local queue, completions in batches. `500/24` are that page's own
 * figures; `5000/200` is what did best here.
 */
import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import pg from 'pg'

const logger = new Logger(() => () => {})
/** "10 or concurrentJobs + 2, whichever is larger", says its documentation; a batching worker uses only a few of them. */
const POOL_MAX = 25

/** @type {import('./system.ts').OpenSystem} */
export async function open(connectionString) {
  const pool = new pg.Pool({ connectionString, max: POOL_MAX })
  pool.on('error', (error) => process.stderr.write(`graphile-worker: ${error.message}\n`))
  const utils = await makeWorkerUtils({ pgPool: pool, logger })
  await utils.migrate()
  return {
    async submitMany(first, count) {
      await utils.addJobs(Array.from({ length: count }, (_, n) => ({ identifier: 'noop', payload: { i: first + n } })))
    },
    submit: async (payload) => (await utils.addJob('noop', payload)).id,
    async work(setting, onJob) {
      const taskList = { noop: onJob }
      const runner = await run({ preset: { worker: workerOptions(setting, connectionString) }, taskList })
      return () => runner.stop()
    },
    async left() {
      const { rows } = await pool.query('select count(*)::integer as left from graphile_worker._private_jobs')
      return rows[0].left
    },
    async close() {
      await utils.release()
      await pool.end()
    },
  }
}

function workerOptions(setting, connectionString) {
  const common = { connectionString, logger, maxPoolSize: POOL_MAX, pollInterval: 2_000 }
  if (setting === 'no local queue') return { ...common, concurrentJobs: 4 }
  const [size, concurrentJobs] = setting.split('/').map(Number)
  return { ...common, concurrentJobs, localQueue: { size }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
}
