import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { COUNT_EXACT_MAX, type Count } from './count.ts'
import { bury, claimAll, endAll, jobErrorOf } from './operators-test-kit.ts'
import { pauseQueue, pauseTask } from './pause.ts'
import { getQueue, listQueues } from './queues.ts'

const input = z.object({ n: z.number() })
const mail = task('mail.send', { input, queue: 'mail' })
const photo = task('photo.render', { input, queue: 'mail' })
const policy = { concurrency: 3, rate: { count: 5, perMs: 60_000 }, perKey: { concurrency: 2 }, isFair: true } as const
const row = task('import.row', { input, queue: queue('imports', policy), key: ({ n }) => `${n}` })

const inputs = (count: number) => Array.from({ length: count }, (_, n) => ({ n }))
const exact = (count: number): Count => ({ count, isEstimate: false })

async function open(): Promise<TestQueue> {
  return testQueue([mail, photo, row])
}

/** Close to what was put in: PostgreSQL's guess. */
function isAbout({ count, isEstimate }: Count, expected: number): boolean {
  return isEstimate && count > expected * 0.8 && count < expected * 1.2
}

describe('the overview of queues', () => {
  test('counts the jobs of each stage', async () => {
    await using q = await open()
    await q.submitMany(mail, inputs(10))
    await endAll(q, (await claimAll(q, 'mail')).slice(0, 4), { kind: 'retry', afterMs: 60_000, error: jobErrorOf('X') })
    await q.submitMany(mail, inputs(3))
    await bury(q, 'mail')
    await pauseTask(q.db, 'photo.render')
    await q.submitMany(photo, inputs(2))
    await claimAll(q, 'mail')
    await q.submitMany(mail, inputs(150))
    const { waiting, scheduled, running, parked, dead } = await getQueue(q.db, 'mail')
    assert.deepEqual(
      { waiting, scheduled, running, parked, dead },
      { waiting: exact(150), scheduled: exact(4), running: exact(6), parked: exact(2), dead: exact(3) },
    )
    const { waiting: none, dead: neither } = await getQueue(q.db, 'imports')
    assert.deepEqual([none, neither], [exact(0), exact(0)])
  })

  test('says when the oldest job that waits was submitted', async () => {
    await using q = await open()
    assert.equal((await getQueue(q.db, 'mail')).oldestSubmittedAt, null)
    const first = await q.submit(mail, { n: 1 }, { priority: 'low' })
    await q.submit(mail, { n: 2 })
    const at = Number.parseInt(first.id.replaceAll('-', '').slice(0, 12), 16)
    assert.equal((await getQueue(q.db, 'mail')).oldestSubmittedAt?.getTime(), at)
  })

  test('says which are paused, what rules they have, and how many of their slots are held', async () => {
    await using q = await open()
    await pauseQueue(q.db, 'mail')
    await q.submitMany(row, inputs(5))
    await claimAll(q, 'imports')
    const [imports, mails] = await listQueues(q.db)
    assert.deepEqual([imports?.queue, mails?.queue], ['imports', 'mail'])
    assert.ok(mails?.pausedAt instanceof Date && imports?.pausedAt === null)
    assert.deepEqual([imports?.policy, mails?.policy], [policy, {}])
    assert.deepEqual([imports?.slots, mails?.slots], [{ held: 3, limit: 3, nextStartAt: null }, null])
    assert.deepEqual([imports?.waiting, imports?.running], [exact(2), exact(3)])
  })

  test('says when the rate of a queue next lets a job start', async () => {
    await using q = await open()
    await q.submitMany(row, inputs(9))
    for (let n = 0; n < 2; n++) await endAll(q, await claimAll(q, 'imports'), { kind: 'succeeded', result: null })
    const { slots, waiting } = await getQueue(q.db, 'imports')
    assert.ok(slots?.nextStartAt instanceof Date)
    assert.deepEqual([slots.held <= 2, waiting], [true, exact(4)])
  })

  test('of one queue does not look at the jobs of others', async () => {
    await using q = await open()
    await q.submitMany(row, inputs(40))
    await claimAll(q, 'imports')
    const look = async (): Promise<number> => {
      const { rows } = await q.db.query<{ n: string }>(
        `select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) as n from pg_stat_xact_user_tables
          where schemaname = 'millrace' and relname = 'entry'`,
      )
      return Number(rows[0]?.n)
    }
    const looked = (queue: string): Promise<number> =>
      q.db.transaction(async () => {
        const before = await look()
        await getQueue(q.db, queue)
        return (await look()) - before
      })
    assert.equal(await looked('mail'), 0)
    assert.ok((await looked('imports')) >= 40)
  })

  test('has no queue of a name that is none', async () => {
    await using q = await open()
    await assert.rejects(getQueue(q.db, 'mial'), (error: unknown) =>
      isMillraceError(error, 'MILLRACE_QUEUE_NO_SUCH_QUEUE'),
    )
  })
})

describe('counts past COUNT_EXACT_MAX are estimates', () => {
  const many = 2 * COUNT_EXACT_MAX

  test('of jobs that wait, in packs or by themselves', async () => {
    await using q = await open()
    await q.db.query(
      `insert into millrace.entry (lane, id, task, tracked, payload)
       select $1, gen_random_uuid(), 'mail.send', false, '{}' from generate_series(1, $2)`,
      [q.lanes.get('mail').ready.normal, COUNT_EXACT_MAX - 1],
    )
    assert.deepEqual((await getQueue(q.db, 'mail')).waiting, exact(COUNT_EXACT_MAX - 1))
    await q.db.query(
      `insert into millrace.entry (lane, id, task, tracked, payload)
       select $1, gen_random_uuid(), 'mail.send', false, '{}' from generate_series(1, $2)`,
      [q.lanes.get('mail').ready.normal, COUNT_EXACT_MAX + 1],
    )
    await q.db.query('analyze millrace.entry')
    const { waiting } = await getQueue(q.db, 'mail')
    assert.ok(isAbout(waiting, many), `${waiting.count}`)
    assert.deepEqual((await getQueue(q.db, 'imports')).waiting, exact(0), 'an empty lane beside it is not')
  })

  for (const [stage, columns, values] of [
    ['scheduled', 'due_at', "now() + n * interval '1 s'"],
    ['parked', 'version, why, parked_at, attempt, crashes', "1, 'paused', now(), 0, 0"],
    ['dead', 'attempt, crashes, reason, died_at', "1, 0, 'permanent', now()"],
  ] as const) {
    test(`of jobs that are ${stage}`, async () => {
      await using q = await open()
      const table = stage === 'scheduled' ? 'deferred' : stage
      await q.db.query(
        `insert into millrace.${table} (id, lane, task, tracked, payload, ${columns})
         select gen_random_uuid(), $1, 'mail.send', false, '{}', ${values} from generate_series(1, $2) n`,
        [q.lanes.get('mail').ready.normal, many],
      )
      await q.db.query(`analyze millrace.${table}`)
      const overview = await getQueue(q.db, 'mail')
      assert.ok(isAbout(overview[stage], many), `${overview[stage].count}`)
      assert.equal((await getQueue(q.db, 'imports'))[stage].count, 0)
    })
  }
})
