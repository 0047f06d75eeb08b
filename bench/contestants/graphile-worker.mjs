/**
 * graphile-worker as its page on performance sets it: a local queue, completions in batches. `500/24` are that page's own
 * figures; `5000/200` is what did best here.
 */
import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import pg from 'pg'

const logger = new Logger(() => () => {})
/** "10 or concurrentJobs + 2, whichever is larger", says its documentation; a batching worker uses only a few of them. */
const POOL_MAX = 25
/** Connections that its own statements need beside those of the handlers. */
const OWN_CONNECTIONS = 4

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
      const runner = await run({
        preset: { worker: workerOptions(setting, connectionString) },
        taskList: { noop: onJob },
      })
      return () => runner.stop()
    },
    async workTransactional(setting, onJob) {
      const options = workerOptions(setting, connectionString)
      const runner = await run({
        preset: { worker: { ...options, maxPoolSize: options.concurrentJobs + OWN_CONNECTIONS } },
        taskList: {
          async noop(payload, { job, withPgClient }) {
            await withPgClient((client) => writeAndComplete(client, payload, job))
            await onJob(payload)
          },
        },
      })
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

/**
 * graphile-worker has no way for a handler to complete its job: `complete_jobs` passes over jobs that are locked. This is what
 * would be possible over its private table; the worker's own completion then finds nothing.
 */
async function writeAndComplete(client, { i }, { id, locked_by }) {
  await client.query('begin')
  try {
    await client.query('insert into public.written (i) values ($1)', [i])
    const { rowCount } = await client.query(
      'delete from graphile_worker._private_jobs where id = $1 and locked_by = $2',
      [id, locked_by],
    )
    if (rowCount !== 1) throw new Error('the job was given to someone else')
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

function workerOptions(setting, connectionString) {
  const common = { connectionString, logger, maxPoolSize: POOL_MAX, pollInterval: 2_000 }
  if (setting === 'no local queue') return { ...common, concurrentJobs: 4 }
  const [size, concurrentJobs] = setting.split('/').map(Number)
  return { ...common, concurrentJobs, localQueue: { size }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
}
