/**
 * Several worker processes over one database, one of them killed on the way: what the queue promises holds over all of
 * them together. Handlers write down from when to when they ran; the tests judge by that.
 */
import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { migrationsOf } from '../app/parts.ts'
import { stampEnvironment } from '../data/environment.ts'
import { migrate } from '../data/migrate.ts'
import { cancelOperation, getOperation } from '../queue/operations.ts'
import { pauseQueue, resumeQueue } from '../queue/pause.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import app from './fixture/fleet/app.ts'
import { governedWork, plainWork, trackedWork } from './fixture/fleet/contract.ts'

const APP = fileURLToPath(new URL('fixture/fleet/app.ts', import.meta.url))
const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const WAIT_MS = 60_000
/** Of the governed queue. */
const SLOTS = 6

interface Fleet extends AsyncDisposable {
  readonly q: TestQueue
  readonly workers: readonly ChildProcess[]
  /** Starts another worker process. */
  add(): void
  /** Kills one that has something to do. */
  killOne(): Promise<void>
}

async function fleet(count: number): Promise<Fleet> {
  const q = await testQueue([governedWork, plainWork, trackedWork])
  await migrate(q.db, migrationsOf(app))
  await stampEnvironment(q.db, 'test')
  const workers: ChildProcess[] = []
  const { NODE_TEST_CONTEXT: _context, ...inherited } = process.env
  const env = { ...inherited, DATABASE_URL: q.url, MILLRACE_ENV: 'test', LEASE_MS: '3000', LOG_LEVEL: 'fatal' }
  const made: Fleet = {
    q,
    workers,
    add() {
      const args = [...process.execArgv, '--conditions=millrace-source', CLI, 'worker', APP]
      workers.push(spawn(process.execPath, args, { env, stdio: 'ignore' }))
    },
    async killOne() {
      const busy = await until('a worker is busy', async () => {
        const { rows } = await q.db.query<{ process: number }>('select process from ran where ended is null limit 1')
        return workers.find((worker) => worker.pid === rows[0]?.process)
      })
      busy.kill('SIGKILL')
    },
    async [Symbol.asyncDispose]() {
      for (const worker of workers) worker.kill('SIGKILL')
      await q[Symbol.asyncDispose]()
    },
  }
  for (let n = 0; n < count; n += 1) made.add()
  const running = async (): Promise<boolean> =>
    (await q.db.query('select from millrace.worker where gone_at is null')).rows.length === count
  await until(`${count} workers are there`, running, WAIT_MS)
  return made
}

async function endedNames(q: TestQueue): Promise<readonly string[]> {
  const { rows } = await q.db.query<{ name: string }>(
    'select distinct name from ran where ended is not null order by name',
  )
  return rows.map((row) => row.name)
}

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `w${String(n).padStart(3, '0')}`)

describe('several worker processes, one of them killed,', () => {
  test('keep limits and the order of keys, and finish everything', async () => {
    await using f = await fleet(3)
    const keys = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1']
    for (const key of keys)
      await f.q.submitMany(
        governedWork,
        names(12).map((n) => ({ name: `${key} ${n}`, key, ms: 25 })),
      )
    await until('some have ended', async () => (await endedNames(f.q)).length > 20, WAIT_MS)
    await f.killOne()
    f.add()
    await until('all have ended', async () => (await endedNames(f.q)).length === keys.length * 12, WAIT_MS)

    // what a killed process had begun did not end; it counts until its process was gone, which is before it began again
    const { rows: crowds } = await f.q.db.query<{ crowd: number }>(
      `select count(*)::integer as crowd from ran a join ran b on b.began <= a.began and b.ended > a.began
        where b.ended is not null group by a.n order by crowd desc limit 1`,
    )
    assert.ok((crowds[0]?.crowd ?? 99) <= SLOTS, `${crowds[0]?.crowd} ran at once`)
    const { rows: beside } = await f.q.db.query(
      `select from ran a join ran b on a.key = b.key and a.n <> b.n and b.began < a.ended and b.ended > a.began
        where a.ended is not null and b.ended is not null`,
    )
    assert.equal(beside.length, 0, 'no two of a key ran at once')
    const { rows: order } = await f.q.db.query<{ key: string; names: string[] }>(
      'select key, array_agg(name order by began) as names from ran where ended is not null group by key',
    )
    for (const { key, names: ran } of order) assert.deepEqual(ran, ran.toSorted(), `${key} ran in order`)
    const { rows: processes } = await f.q.db.query('select distinct process from ran where ended is not null')
    assert.ok(processes.length >= 3, 'the work was shared')
  })

  test('let tenants take turns: a small one waits for a share of the slots, not for all that a big one has', async () => {
    await using f = await fleet(3)
    const many = names(400).map((name) => ({ name: `big ${name}`, key: name.replace('w', 'x'), ms: 20 }))
    await f.q.submitMany(governedWork, many, { tenant: 'big' })
    await until('the big one is being served', async () => (await endedNames(f.q)).length > 10, WAIT_MS)
    const few = names(20).map((name) => ({ name: `small ${name}`, key: name.replace('w', 's'), ms: 20 }))
    await f.q.submitMany(governedWork, few, { tenant: 'small' })
    await f.killOne()
    f.add()
    const small = async (): Promise<boolean> =>
      (await endedNames(f.q)).filter((name) => name.startsWith('small')).length === few.length
    await until('the small one is done', small, WAIT_MS)

    // what the big one began while the small one was served: as many, and what was under way. Those of the small one that the
    // killed worker had, which are as many as there are slots at most, begin when that has been noticed.
    const served = few.length - SLOTS
    const { rows } = await f.q.db.query<{ big: number }>(
      `with small as (select min(began) as began from ran where name like 'small%' group by name order by 1 limit $1)
       select count(*)::integer as big from ran
        where name like 'big%' and began between (select min(began) from small) and (select max(began) from small)`,
      [served],
    )
    const big = rows[0]?.big ?? 0
    assert.ok(big > 0 && big <= served + 2 * SLOTS, `${big} of the big one beside ${served} of the small one`)
  })

  test('run one job of a unique key at a time, and the next one when it has ended', async () => {
    await using f = await fleet(3)
    const submitOne = (name: string) => f.q.submit(plainWork, { name, ms: 1_000 }, { uniqueKey: 'only one' })
    const first = await Promise.all(names(10).map(submitOne))
    assert.equal(new Set(first.map((job) => job.id)).size, 1)
    await f.killOne()
    const during = await submitOne('during')
    assert.equal(during.id, first[0]?.id, 'the key is held while its job waits for another worker')
    await until('it has ended', async () => (await endedNames(f.q)).length === 1, WAIT_MS)
    const next = await until('the key is free', async () => {
      const job = await submitOne('next')
      return job.isNew ? job : undefined
    })
    await until('the next has ended', async () => (await endedNames(f.q)).length === 2, WAIT_MS)
    const { rows } = await f.q.db.query<{ job: string }>('select job from ran where ended is not null order by began')
    assert.deepEqual(
      rows.map(({ job }) => job),
      [first[0]?.id, next.id],
    )
  })

  test('run every job of a queue without rules, each to its end once', async () => {
    await using f = await fleet(3)
    await f.q.submitMany(
      plainWork,
      names(300).map((name) => ({ name, ms: 5 })),
    )
    await until('some have ended', async () => (await endedNames(f.q)).length > 20, WAIT_MS)
    await f.killOne()
    await until('all have ended', async () => (await endedNames(f.q)).length === 300, WAIT_MS)
    await until('nothing is left', async () => {
      const { rows } = await f.q.db.query('select from millrace.entry union all select from millrace.lease')
      return rows.length === 0
    })
  })

  test('all stop at a pause and all go on after it', async () => {
    await using f = await fleet(2)
    await f.q.submitMany(
      plainWork,
      names(200).map((name) => ({ name, ms: 20 })),
    )
    await until('they have begun', async () => (await endedNames(f.q)).length > 10, WAIT_MS)
    await pauseQueue(f.q.db, 'plain')
    await until(
      'what was claimed has ended',
      async () => (await f.q.db.query('select from millrace.lease')).rows.length === 0,
      WAIT_MS,
    )
    const before = (await endedNames(f.q)).length
    assert.ok(before < 200, `${before} had ended`)
    f.workers[0]?.kill('SIGKILL')
    f.add()
    await f.q.submit(plainWork, { name: 'later' })
    assert.equal((await endedNames(f.q)).length, before)
    await resumeQueue(f.q.db, 'plain', f.q)
    await until('all have ended', async () => (await endedNames(f.q)).length === 201, WAIT_MS)
  })

  test('cancel a running job from elsewhere, whoever runs it', async () => {
    await using f = await fleet(2)
    const jobs = await Promise.all([1, 2, 3, 4].map((n) => f.q.submit(trackedWork, { name: `n${n}`, ms: 60_000 })))
    await until('all run', async () => (await f.q.db.query('select from ran')).rows.length === 4, WAIT_MS)
    for (const job of jobs) {
      await cancelOperation(f.q.db, job.id)
      f.q.hints.cancelRequested(job.id)
    }
    await until(
      'all have been told',
      async () => {
        const { rows } = await f.q.db.query('select from ran where was_aborted')
        return rows.length === 4
      },
      WAIT_MS,
    )
    for (const job of jobs)
      await until('it is cancelled', async () => (await getOperation(f.q.db, job.id)).status === 'cancelled', WAIT_MS)
  })

  test('take one job for an idempotency key that several submit at once', async () => {
    await using f = await fleet(2)
    const jobs = await Promise.all(
      names(20).map((name) => f.q.submit(plainWork, { name }, { idempotencyKey: 'only one' })),
    )
    assert.equal(new Set(jobs.map((job) => job.id)).size, 1)
    await until('it has ended', async () => (await endedNames(f.q)).length === 1, WAIT_MS)
  })
})
