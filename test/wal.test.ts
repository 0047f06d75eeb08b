/**
 * What a job writes: bytes of write-ahead log, and transactions. Counts, not times: nearly the same on every machine, so that
 * growth is seen where it begins. Each bound lies a tenth or so above what was found. Beside the peers: bench/RESULTS.md.
 */
import { strict as assert } from 'node:assert'
import { after, describe, test } from 'node:test'
import { z } from 'zod'
import { queue } from '../src/contract/queue.ts'
import { type Task, task } from '../src/contract/task.ts'
import { newRandomId } from '../src/kernel/ids.ts'
import { claim } from '../src/queue/claim.ts'
import { type ClaimedJob, jobsOf } from '../src/queue/claimed.ts'
import { startTracked } from '../src/queue/operations.ts'
import { promote } from '../src/queue/promote.ts'
import { settle } from '../src/queue/settle.ts'
import { registerWorker } from '../src/queue/workers.ts'
import { startTestServer } from '../src/testing/test-server.ts'
import { type TestQueue, testQueue } from '../src/testing/test-worker.ts'

const input = z.object({ i: z.number() })
const plain = task('plain', { input })
const tracked = task('tracked', { input, tracked: true })
const governed = task('governed', {
  input,
  queue: queue('governed', { isFair: true, perKey: { concurrency: 1 } }),
  key: ({ i }) => `key ${i % 50}`,
  tenant: ({ i }) => `tenant ${i % 5}`,
})

/** What a worker at its default settings starts, and settles, together. */
const AT_ONCE = { countMax: 10, packMax: 1 }
const MANY = { countMax: 2_000, packMax: 100 }
const LEASE_MS = 600_000

// the log is the whole server's: one of our own, and no vacuum that comes by when it likes
const server = await startTestServer()
process.env['MILLRACE_TEST_URL'] = server.url
const q = await testQueue([plain, tracked, governed])
await q.db.query('alter system set autovacuum = off')
await q.db.query('select pg_reload_conf()')
const worker = newRandomId()
await registerWorker(q.db, { id: worker, leaseMs: LEASE_MS })
after(async () => {
  await q[Symbol.asyncDispose]()
  await server.stop()
})

describe('a job writes', () => {
  test('33 bytes at most when it comes and goes with many others, and next to no commits', async () => {
    const writes = await writesOf(2_000, async (inputs) => {
      await q.submitMany(plain, inputs)
      await workOff(plain, MANY)
    })
    assertAtMost(writes, { walBytes: 33, commits: 0.0025 })
  })

  test('1,250 bytes at most when it is alone, in four commits: submit with its hint, what made it durable, claim, end', async () => {
    const writes = await writesOf(50, async (inputs) => {
      for (const one of inputs) {
        await q.submit(plain, one)
        await workOff(plain, AT_ONCE)
      }
    })
    assertAtMost(writes, { walBytes: 1_250, commits: 4.2 })
  })

  test('1,400 bytes at most when it is tracked, with a third of a commit when ten run at a time', async () => {
    const writes = await writesOf(500, async (inputs) => {
      await q.submitMany(tracked, inputs)
      await workOff(tracked, AT_ONCE)
    })
    assertAtMost(writes, { walBytes: 1_400, commits: 0.35 })
  })

  test('600 bytes at most when it is delayed', async () => {
    const writes = await writesOf(2_000, async (inputs) => {
      await q.submitMany(plain, inputs, { delayMs: 1 })
      await q.advance(10)
      while ((await promote(q.db, null)).moved > 0);
      await workOff(plain, MANY)
    })
    assertAtMost(writes, { walBytes: 600, commits: 0.004 })
  })

  test('2,500 bytes at most in a governed queue, with a quarter of a commit when ten run at a time', async () => {
    const writes = await writesOf(500, async (inputs) => {
      await q.submitMany(governed, inputs)
      await workOff(governed, AT_ONCE)
    })
    assertAtMost(writes, { walBytes: 2_500, commits: 0.25 })
  })
})

interface Writes {
  readonly walBytes: number
  readonly commits: number
}

function assertAtMost(found: Writes, most: Writes): void {
  const says = `a job writes ${found.walBytes.toFixed(0)} bytes in ${found.commits.toFixed(4)} commits`
  assert.ok(found.walBytes <= most.walBytes && found.commits <= most.commits, says)
  assert.ok(found.walBytes > most.walBytes / 2, `${says}: the bound of ${most.walBytes} bytes is too high by now`)
}

/** What one of `count` jobs writes, when the first few of them have warmed everything up. */
async function writesOf(
  count: number,
  live: (inputs: readonly { readonly i: number }[]) => Promise<void>,
): Promise<Writes> {
  const inputs = Array.from({ length: count }, (_, i) => ({ i }))
  await live(inputs.slice(0, count / 10))
  const before = await read(q)
  await live(inputs)
  const { walBytes, commits } = await read(q)
  const { rows } = await q.db.query<{ left: number }>(
    "select count(*)::integer as left from millrace.entry where task <> ''",
  )
  assert.equal(rows[0]?.left, 0, 'all jobs have ended')
  return { walBytes: (walBytes - before.walBytes) / count, commits: (commits - before.commits) / count }
}

/** Each transaction that wrote has an id. */
async function read({ db }: Pick<TestQueue, 'db'>): Promise<Writes> {
  const { rows } = await db.query<Writes>(
    `select (pg_current_wal_insert_lsn() - '0/0')::float8 as "walBytes",
            pg_snapshot_xmax(pg_current_snapshot())::text::float8 as commits`,
  )
  return rows[0] ?? assert.fail('the server said nothing')
}

/** Claims and settles until nothing is left, as a worker does. */
async function workOff(of: Task, batch: { readonly countMax: number; readonly packMax: number }): Promise<void> {
  const { ready, flow } = q.lanes.get(of.queue.name)
  const lane = flow?.flow ?? ready.normal
  for (;;) {
    const jobs = jobsOf(await claim(q.db, { lane, isGoverned: flow !== undefined, worker, ...batch }))
    if (jobs.length === 0) return
    if (of.tracked) assert.equal((await startTracked(q.db, jobs)).size, jobs.length)
    assert.equal(await succeed(jobs), 0, 'every job was still ours')
  }
}

async function succeed(jobs: readonly ClaimedJob[]): Promise<number> {
  const [first] = jobs
  const hasMore = (job: ClaimedJob): boolean => job.isTracked || job.entry.hasMoreToEnd
  const outcome = { kind: 'succeeded', result: null } as const
  const others = jobs.filter(hasMore).map((job) => ({ entry: job.key, isTracked: job.isTracked, outcome }))
  const succeeded = [...new Set(jobs.filter((job) => !hasMore(job)).map((job) => job.entry))]
  return settle(q.db, { succeeded, others }, first === undefined ? [] : [first.entry.lease])
}
