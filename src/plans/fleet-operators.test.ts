/** Several worker processes over one database, one of them killed on the way: what operators order, all of them obey. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { Task } from '../contract/task.ts'
import { listJobs } from '../queue/jobs.ts'
import { cancelOperation, getOperation } from '../queue/operations.ts'
import { pauseQueue, pauseTask, resumeQueue, resumeTask } from '../queue/pause.ts'
import type { TestQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { besideWork, onceWork, trackedWork } from './fixture/fleet/contract.ts'
import { assertEndedOnce, endsOf, fleet, names, submitNamed, untilEnded, WAIT_MS } from './fleet-test-kit.ts'

/** Jobs that go on until the test lets them end: more than one process runs at a time. */
const LONG = 12

describe('several worker processes, one of them killed and one added,', () => {
  test('begin nothing of a paused queue, nor again what the killed one ran, until it is resumed', async () => {
    await using f = await fleet(3)
    const long = names(LONG, 'paused long ')
    const before = names(300, 'paused before ')
    const after = names(20, 'paused after ')
    await submitNamed(f.q, onceWork, long, { gate: 'end' })
    await submitNamed(f.q, onceWork, before, { ms: 40 })
    await until('they have begun', async () => (await endsOf(f.q, 'paused')).size > 10, WAIT_MS)
    await pauseQueue(f.q.db, 'once')
    const listBegun = await watchPaused(f.q, onceWork)
    await submitNamed(f.q, onceWork, after)
    await f.killBusy('paused long')
    await f.add()
    await f.rollCall()
    await f.open('end')
    await untilNoneRuns(f.q, onceWork)
    await f.rollCall()
    assert.deepEqual(await listBegun(), [], 'only what had been claimed before began')
    assert.equal((await endsOf(f.q, 'paused after')).size, 0)
    await resumeQueue(f.q.db, 'once', { hints: f.q.hints })
    await untilEnded(f.q, long.length + before.length + after.length, 'paused')
    await assertEndedOnce(f.q, [...long, ...before, ...after], 'paused')
  })

  test('begin nothing of a paused task, nor again what the killed one ran, while another one of its queue goes on', async () => {
    await using f = await fleet(3)
    const long = names(LONG, 'paused long ')
    const before = names(300, 'paused before ')
    const after = names(20, 'paused after ')
    const going = names(300, 'going ')
    await submitNamed(f.q, besideWork, long, { gate: 'end' })
    for (let n = 0; n < 300; n += 50) {
      await submitNamed(f.q, besideWork, before.slice(n, n + 50), { ms: 40 })
      await submitNamed(f.q, onceWork, going.slice(n, n + 50), { ms: 40 })
    }
    await until('they have begun', async () => (await endsOf(f.q, 'paused')).size > 10, WAIT_MS)
    await pauseTask(f.q.db, besideWork.name)
    const listBegun = await watchPaused(f.q, besideWork)
    await submitNamed(f.q, besideWork, after)
    await f.killBusy('paused long')
    await f.add()
    await untilEnded(f.q, going.length, 'going')
    await f.rollCall()
    await f.open('end')
    await untilNoneRuns(f.q, besideWork)
    await f.rollCall()
    assert.deepEqual(await listBegun(), [], 'only what had been claimed before began')
    assert.equal((await endsOf(f.q, 'paused after')).size, 0)
    await resumeTask(f.q.db, besideWork.name, { hints: f.q.hints })
    await untilEnded(f.q, long.length + before.length + after.length, 'paused')
    await assertEndedOnce(f.q, [...long, ...before, ...after], 'paused')
    await assertEndedOnce(f.q, going, 'going')
  })

  test('end what is cancelled, waiting or running, whoever runs it, and begin none of it again', async () => {
    await using f = await fleet(3)
    const jobs = []
    for (const name of names(10)) jobs.push(await f.q.submit(trackedWork, { name, gate: 'end', isDeaf: true }))
    const rows = async (where: string): Promise<number> =>
      (await f.q.db.query(`select from ran where task = $1 and ${where}`, [trackedWork.name])).rows.length
    await until('as many run as there are slots', async () => (await rows('true')) === 6, WAIT_MS)
    const { rows: processes } = await f.q.db.query('select distinct process from ran')
    assert.equal(processes.length, 3, 'every process has work')
    for (const job of jobs) await cancelOperation(f.q.db, job.id, { hints: f.q.hints })
    await until('all that run have been told', async () => (await rows('was_aborted')) === 6, WAIT_MS)
    await f.killBusy()
    await f.add()
    await f.open('end')
    for (const job of jobs)
      await until('it is cancelled', async () => (await getOperation(f.q.db, job.id)).status === 'cancelled', WAIT_MS)
    await untilNoneRuns(f.q, trackedWork)
    await f.rollCall()
    assert.equal(await rows('was_aborted'), 6)
    assert.equal(await rows('true'), 6, 'nothing began again, nor what had waited')
    for (const job of jobs) assert.equal((await getOperation(f.q.db, job.id)).status, 'cancelled')
  })
})

/**
 * From now on, when a pause is known, what was claimed before may still begin, in the process that claimed it and nowhere
 * else. Answers a function that lists what has begun in spite of that; a job that is rescued and begins elsewhere is among it.
 */
async function watchPaused({ db }: TestQueue, task: Task): Promise<() => Promise<readonly unknown[]>> {
  const { rows: now } = await db.query<{ at: string }>('select clock_timestamp()::text as at')
  const claimed: { readonly job: string; readonly worker: string | null }[] = []
  let after: string | undefined
  do {
    const page = await listJobs(db, {
      stage: 'running',
      task: task.name,
      limit: 1_000,
      ...(after === undefined ? {} : { after }),
    })
    claimed.push(...page.jobs.map(({ id, worker }) => ({ job: id, worker })))
    after = page.next
  } while (after !== undefined)
  const { rows: workers } = await db.query<{ id: string; pid: number }>('select id, pid from millrace.worker')
  const mayBegin = claimed.map(({ job, worker }) => `${job} ${workers.find(({ id }) => id === worker)?.pid}`)
  return async () => {
    const { rows } = await db.query(
      "select name, process from ran where task = $1 and began > $2 and not job || ' ' || process = any ($3)",
      [task.name, now[0]?.at, mayBegin],
    )
    return rows
  }
}

async function untilNoneRuns({ db }: TestQueue, task: Task): Promise<void> {
  const running = async (): Promise<number> =>
    (await listJobs(db, { stage: 'running', task: task.name, limit: 1_000 })).jobs.length
  await until('none of them runs', async () => (await running()) === 0, WAIT_MS)
}
