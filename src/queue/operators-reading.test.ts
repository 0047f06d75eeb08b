/** What operators ask for reads a bounded number of rows, however many there are. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { COUNT_EXACT_MAX } from './count.ts'
import { listDeadLetters } from './dead-letters.ts'
import type { JobStage } from './job-stage.ts'
import { listJobs } from './jobs.ts'
import { claimAll } from './operators-test-kit.ts'
import { listPaused, resumeTask } from './pause.ts'
import { listQueues } from './queues.ts'
import { redriveMatching } from './redrive.ts'

const input = z.object({ n: z.number() })
const mail = task('mail.send', { input, queue: 'mail' })
const row = task('import.row', {
  input,
  queue: queue('imports', { perKey: { order: 'fifo' } }),
  key: ({ n }) => `${n}`,
})

const MANY = 30_000
const FEW = 10

/** Thirty thousand jobs of one task in every table, then a few of another. */
async function full(): Promise<TestQueue> {
  const q = await testQueue([mail, row])
  const lane = q.lanes.get('mail').ready.normal
  const into = (table: string, columns: string, values: string) => (of: string, count: number) =>
    q.db.query(
      `insert into millrace.${table} (id, lane, task, tracked, payload, ${columns})
       select gen_random_uuid(), $1, $2, false, '{}', ${values} from generate_series(1, $3) n`,
      [lane, of, count],
    )
  const tables = [
    into('entry', 'attempt', '0'),
    into('deferred', 'due_at', "now() + n * interval '1 s'"),
    into('parked', 'version, why, parked_at, attempt, crashes', "1, 'paused', now(), 0, 0"),
    into('dead', 'attempt, crashes, reason, died_at', "1, 0, 'permanent', now() + n * interval '1 us'"),
  ]
  for (const insert of tables) {
    await insert('mail.send', MANY)
    await insert('rare.task', FEW)
  }
  await q.db.query('analyze')
  return q
}

/** How many rows of the big tables `work` reads. */
async function read(q: TestQueue, work: () => Promise<unknown>): Promise<number> {
  const look = async (): Promise<number> => {
    const { rows } = await q.db.query<{ n: string }>(
      `select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) as n from pg_stat_xact_user_tables
        where schemaname = 'millrace' and relname in ('entry', 'deferred', 'parked', 'dead')`,
    )
    return Number(rows[0]?.n)
  }
  return q.db.transaction(async () => {
    const before = await look()
    await work()
    return (await look()) - before
  })
}

describe('among tens of thousands of jobs', () => {
  test('the overview reads no more than it counts', async () => {
    await using q = await full()
    const rows = await read(q, () => listQueues(q.db))
    assert.ok(rows >= 4 * COUNT_EXACT_MAX && rows <= 5 * COUNT_EXACT_MAX, `${rows} rows were read`)
  })

  test('a page reads little more than it has, the tenth as well as the first', async () => {
    await using q = await full()
    await claimAll(q, 'mail', 100)
    for (const stage of ['waiting', 'running', 'scheduled', 'parked', 'dead'] satisfies JobStage[]) {
      let after: string | undefined
      for (let n = 0; n < 10; n++) {
        const rows = await read(q, async () => {
          const { next } = await listJobs(q.db, { stage, limit: 10, ...(after === undefined ? {} : { after }) })
          after = next
        })
        assert.ok(rows <= 300, `${rows} rows were read for page ${n} of ${stage}`)
      }
    }
  })

  test('dead letters of a rare task are found by their task', async () => {
    await using q = await full()
    const filter = { task: 'rare.task' }
    for (let n = 0; n < 10; n++) {
      const rows = await read(q, () => listDeadLetters(q.db, { limit: 5, filter }))
      assert.ok(rows <= 50, `${rows} rows were read`)
    }
    const rows = await read(q, () => redriveMatching(q.db, filter))
    assert.ok(rows <= 100, `${rows} rows were read`)
  })

  test('the jobs of a task that was paused come back without a look at the others', async () => {
    await using q = await full()
    const listed = await read(q, () => listPaused(q.db))
    assert.ok(listed <= COUNT_EXACT_MAX + 100, `${listed} rows were read`)
    assert.equal(await resumeTask(q.db, 'rare.task'), FEW)
    const { rows } = await q.db.query<{ n: string }>(
      "select seq_tup_read as n from pg_stat_user_tables where schemaname = 'millrace' and relname = 'parked'",
    )
    assert.ok(Number(rows[0]?.n) < MANY)
  })
})

test('jobs of many keys are listed without a look at those that went before', async () => {
  await using q = await testQueue([mail, row])
  await q.submitMany(
    row,
    Array.from({ length: 500 }, (_, n) => ({ n })),
  )
  await claimAll(q, 'imports', 100)
  const rows = await read(q, () => listJobs(q.db, { stage: 'waiting', queue: 'imports', limit: 10 }))
  assert.ok(rows <= 250, `${rows} rows were read`)
})
