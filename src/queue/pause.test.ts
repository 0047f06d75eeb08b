/** Pausing, as real workers see it. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { type Task, task } from '../contract/task.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { type Handlers, handler, handlers } from '../worker/handler.ts'
import { claimAll, endAll, jobErrorOf, rowsIn } from './operators-test-kit.ts'
import { listPaused, pauseQueue, pauseTask, RESUME_BLOCK_MAX, resumeQueue, resumeTask } from './pause.ts'
import { promote } from './promote.ts'

const input = z.object({ n: z.number() })
const mail = task('mail.send', { input, queue: 'shared' })
const photo = task('photo.render', { input, queue: 'shared' })
const other = task('other.work', { input, queue: 'other' })

/** Handlers that note what they ran; jobs whose number is negative wait for the gate. */
function noting(tasks: readonly Task[], ran: string[], gate: Promise<void> = Promise.resolve()): Handlers {
  return handlers(
    tasks.map((of) => ({
      task: of,
      load: async () => ({
        default: handler(of, async ({ input }) => {
          const { n } = input as { n: number }
          ran.push(`${of.name} ${n}`)
          if (n < 0) await gate
          return undefined as never
        }),
      }),
    })),
  )
}

/** Every worker has been through a look for work since: jobs of another queue, one for each of their slots, were run. */
async function othersRun(q: TestQueue, ran: readonly string[], n: number): Promise<void> {
  await q.submitMany(
    other,
    Array.from({ length: 30 }, () => ({ n })),
  )
  await until('the others run', () => ran.filter((job) => job === `other.work ${n}`).length === 30)
}

describe('a queue that is paused', () => {
  test('starts nothing in any worker, lets what runs go on, and loses nothing', async () => {
    await using q = await testQueue([mail, other])
    const ran: string[] = []
    const gate = Promise.withResolvers<void>()
    for (let n = 0; n < 3; n++) await q.work(noting([mail, other], ran, gate.promise))
    await q.submit(mail, { n: -1 })
    await until('it runs', () => ran.includes('mail.send -1'))
    await pauseQueue(q.db, 'shared')
    for (let n = 1; n <= 20; n++) await q.submit(mail, { n })
    await othersRun(q, ran, 1)
    assert.deepEqual(
      ran.filter((job) => job.startsWith('mail')),
      ['mail.send -1'],
    )
    gate.resolve()
    await until('what ran is settled', async () => (await rowsIn(q, 'entry')) === 20)
    await resumeQueue(q.db, 'shared', { hints: q.hints })
    await until('all have run', async () => (await rowsIn(q, 'entry')) === 0)
    assert.equal(new Set(ran.filter((job) => job.startsWith('mail'))).size, 21)
    assert.equal(ran.filter((job) => job.startsWith('mail')).length, 21, 'each once')
  })

  test('keeps retries and jobs whose time has come waiting as well', async () => {
    await using q = await testQueue([mail])
    await q.submit(mail, { n: 1 })
    await endAll(q, await claimAll(q, 'shared'), { kind: 'retry', afterMs: 10, error: jobErrorOf('X') })
    await pauseQueue(q.db, 'shared')
    await q.advance(11)
    await promote(q.db, null)
    assert.deepEqual(await claimAll(q, 'shared'), [])
    await resumeQueue(q.db, 'shared')
    assert.equal((await claimAll(q, 'shared')).length, 1)
  })

  test('stays paused when a new release starts, and when it is paused again', async () => {
    await using q = await testQueue([mail])
    const since = await pauseQueue(q.db, 'shared')
    await q.lanes.open(q.db)
    assert.deepEqual(await pauseQueue(q.db, 'shared'), since)
    assert.deepEqual(await listPaused(q.db), { queues: [{ queue: 'shared', pausedAt: since }], tasks: [] })
    await resumeQueue(q.db, 'shared')
    await resumeQueue(q.db, 'shared')
    assert.deepEqual(await listPaused(q.db), { queues: [], tasks: [] })
  })

  test('is told to be none when there is none of that name', async () => {
    await using q = await testQueue([mail])
    const meant = (error: unknown) =>
      isMillraceError(error, 'MILLRACE_QUEUE_NO_SUCH_QUEUE') && /is shared meant/.test(error.message)
    await assert.rejects(pauseQueue(q.db, 'share'), meant)
    await assert.rejects(resumeQueue(q.db, 'share'), meant)
  })
})

describe('a task that is paused', () => {
  test('starts nothing in any worker, keeps no other task waiting, and loses nothing', async () => {
    await using q = await testQueue([mail, photo, other])
    const ran: string[] = []
    for (let n = 0; n < 3; n++) await q.work(noting([mail, photo, other], ran))
    await pauseTask(q.db, 'mail.send')
    for (let n = 1; n <= 20; n++) {
      await q.submit(mail, { n })
      await q.submit(photo, { n })
    }
    await q.submitMany(
      mail,
      Array.from({ length: 30 }, (_, n) => ({ n: 100 + n })),
    )
    await until('the other task has run', () => ran.filter((job) => job.startsWith('photo')).length === 20)
    await until('its own jobs are parked', async () => (await rowsIn(q, 'parked')) === 50)
    assert.deepEqual(
      ran.filter((job) => job.startsWith('mail')),
      [],
    )
    const [paused] = (await listPaused(q.db)).tasks
    assert.deepEqual([paused?.task, paused?.parked], ['mail.send', { count: 50, isEstimate: false }])
    assert.equal(await resumeTask(q.db, 'mail.send', { hints: q.hints }), 50)
    await until('all have run', async () => (await rowsIn(q, 'entry')) === 0)
    assert.equal(ran.filter((job) => job.startsWith('mail')).length, 50)
    assert.equal(new Set(ran).size, 70)
    assert.deepEqual(await listPaused(q.db), { queues: [], tasks: [] })
  })

  test('gives its jobs back with their attempts, errors and priority, in the order in which they came', async () => {
    await using q = await testQueue([mail])
    await q.submit(mail, { n: 0 })
    await endAll(q, await claimAll(q, 'shared'), { kind: 'retry', afterMs: 0, error: jobErrorOf('X') })
    await promote(q.db, null)
    await pauseTask(q.db, 'mail.send')
    assert.deepEqual(await claimAll(q, 'shared'), [])
    for (let n = 1; n <= 5; n++) await q.submit(mail, { n })
    await q.submit(mail, { n: 9 }, { priority: 'high' })
    assert.deepEqual(await claimAll(q, 'shared'), [])
    assert.equal(await rowsIn(q, 'parked'), 7)
    await resumeTask(q.db, 'mail.send')
    const jobs = await claimAll(q, 'shared')
    assert.deepEqual(
      jobs.map((job) => (job.entry.inputOf(0) as { n: number }).n),
      [9, 0, 1, 2, 3, 4, 5],
    )
    const { rows } = await q.db.query<{ attempt: number; errors: readonly unknown[] }>(
      'select attempt, errors from millrace.entry where errors is not null',
    )
    assert.deepEqual(rows, [{ attempt: 1, errors: [jobErrorOf('X')] }])
  })

  test('comes back block by block; who is stopped half way has lost nothing', async () => {
    await using q = await testQueue([mail])
    await pauseTask(q.db, 'mail.send')
    const count = RESUME_BLOCK_MAX + 10
    await q.submitMany(
      mail,
      Array.from({ length: count }, (_, n) => ({ n })),
    )
    assert.deepEqual(await claimAll(q, 'shared', 2_000), [])
    const stopping = new AbortController()
    const first = await resumeTask(q.db, 'mail.send', { onProgress: () => stopping.abort(), signal: stopping.signal })
    assert.equal(first, RESUME_BLOCK_MAX)
    assert.deepEqual((await listPaused(q.db)).tasks, [
      { task: 'mail.send', pausedAt: null, parked: { count: 10, isEstimate: false } },
    ])
    assert.equal(await resumeTask(q.db, 'mail.send'), 10)
    assert.equal((await claimAll(q, 'shared', 2_000)).length, count)
  })

  test('comes back once when two resume it at a time', async () => {
    await using q = await testQueue([mail])
    await pauseTask(q.db, 'mail.send')
    const count = 2 * RESUME_BLOCK_MAX
    await q.submitMany(
      mail,
      Array.from({ length: count }, (_, n) => ({ n })),
    )
    await claimAll(q, 'shared', 2_000)
    const counts = await Promise.all([resumeTask(q.db, 'mail.send'), resumeTask(q.db, 'mail.send')])
    assert.equal(counts[0] + counts[1], count)
    const jobs = await claimAll(q, 'shared', 2_000)
    const numbers = jobs.map((job) => (job.entry.inputOf(0) as { n: number }).n)
    assert.deepEqual(
      numbers,
      numbers.map((_, n) => n),
    )
  })

  test('leaves those parked that wait for a release which knows them', async () => {
    await using q = await testQueue([mail])
    await q.submit(mail, { n: 1 })
    await endAll(q, await claimAll(q, 'shared'), { kind: 'parked', version: 2 })
    assert.equal(await resumeTask(q.db, 'mail.send'), 0)
    assert.equal(await rowsIn(q, 'parked'), 1)
  })

  test('waits for claims that are under way, which may not have seen the pause', async () => {
    await using q = await testQueue([mail])
    const held = Promise.withResolvers<void>()
    const isHeld = Promise.withResolvers<void>()
    const claiming = q.db.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock(7727, $1::integer)', [q.lanes.get('shared').ready.normal])
      isHeld.resolve()
      await held.promise
    })
    await isHeld.promise
    let isPaused = false
    const pausing = pauseTask(q.db, 'mail.send').then(() => {
      isPaused = true
    })
    await until('it waits for the lane', async () => {
      const { rows } = await q.db.query("select from pg_locks where locktype = 'advisory' and not granted")
      return rows.length > 0
    })
    assert.equal(isPaused, false)
    held.resolve()
    await Promise.all([claiming, pausing])
    assert.equal(isPaused, true)
  })
})

describe('resuming', () => {
  test('brings work to idle workers at once', async () => {
    await using q = await testQueue([mail, other])
    const ran: string[] = []
    await q.work(noting([mail, other], ran))
    const hinted: number[] = []
    const hints = {
      workIn(lane: number) {
        hinted.push(lane)
        q.hints.workIn(lane)
      },
    }
    await pauseQueue(q.db, 'shared')
    await q.submit(mail, { n: 1 })
    await resumeQueue(q.db, 'shared', { hints })
    await until('it has run', () => ran.includes('mail.send 1'))
    assert.ok(hinted.includes(q.lanes.get('shared').ready.normal))
    hinted.length = 0
    await pauseTask(q.db, 'mail.send')
    await q.submit(mail, { n: 2 })
    await until('it is parked', async () => (await rowsIn(q, 'parked')) === 1)
    await resumeTask(q.db, 'mail.send', { hints })
    await until('it has run', () => ran.includes('mail.send 2'))
    assert.deepEqual(hinted, [q.lanes.get('shared').ready.normal])
  })
})
