import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { newRandomId } from '../kernel/ids.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { cancelJob } from './cancel-job.ts'
import { FIND_COUNT_MAX, findJob } from './find-job.ts'
import { getOperation } from './operations.ts'
import { bury, claimAll, endAll, jobErrorOf, rowsIn } from './operators-test-kit.ts'
import { pauseTask, resumeTask } from './pause.ts'

const input = z.object({ n: z.number() })
const mail = task('mail.send', { input, queue: 'mail' })
const tracked = task('mail.tracked', { input, queue: 'mail', tracked: true })
const row = task('import.row', { input, queue: queue('imports', { perKey: { order: 'fifo' } }), key: () => 'one' })

async function open(): Promise<TestQueue> {
  return testQueue([mail, tracked, row])
}

const inputs = (count: number) => Array.from({ length: count }, (_, n) => ({ n }))
const stageOf = async (q: TestQueue, id: string) => (await findJob(q.db, id)).job?.stage
const withCode = (code: string) => (error: unknown) => isMillraceError(error, code)

describe('a job is found by its id', () => {
  test('wherever it is on its way, inside a pack too', async () => {
    await using q = await open()
    const jobs = await q.submitMany(mail, inputs(50))
    const { id } = jobs[20] ?? assert.fail()
    const { job } = await findJob(q.db, id)
    assert.deepEqual([job?.stage, job?.payload, job?.queue, job?.errors], ['waiting', '{"n":20}', 'mail', []])
    const claimed = await claimAll(q, 'mail')
    assert.equal(await stageOf(q, id), 'running')
    await endAll(q, claimed, { kind: 'retry', afterMs: 1_000, error: jobErrorOf('X') })
    const waiting = (await findJob(q.db, id)).job
    assert.deepEqual([waiting?.stage, waiting?.attempt, waiting?.errors], ['scheduled', 1, [jobErrorOf('X')]])
    await q.advance(1_001)
    await q.db.query('select millrace.promote(1000, null)')
    await pauseTask(q.db, 'mail.send')
    await claimAll(q, 'mail')
    assert.equal(await stageOf(q, id), 'parked')
    await resumeTask(q.db, 'mail.send')
    await bury(q, 'mail', 'Y')
    assert.equal((await findJob(q.db, id)).job?.died?.code, 'Y')
  })

  test('in a queue with rules', async () => {
    await using q = await open()
    const [first, second] = await q.submitMany(row, inputs(2))
    assert.ok(first !== undefined && second !== undefined)
    assert.deepEqual([await stageOf(q, first.id), await stageOf(q, second.id)], ['waiting', 'waiting'])
    await claimAll(q, 'imports')
    assert.deepEqual([await stageOf(q, first.id), await stageOf(q, second.id)], ['running', 'waiting'])
  })

  test('with its operation when it is tracked, and without when it has ended', async () => {
    await using q = await open()
    const { id } = await q.submit(tracked, { n: 1 })
    assert.equal((await findJob(q.db, id)).operation?.status, 'queued')
    await endAll(q, await claimAll(q, 'mail'), { kind: 'succeeded', result: null })
    const { job, operation, ended } = await findJob(q.db, id)
    assert.deepEqual([job, operation?.status, ended?.status], [undefined, 'succeeded', 'succeeded'])
  })

  test('or not, and it is said whether all was looked through', async () => {
    await using q = await open()
    for (const id of [newRandomId(), 'no id']) {
      const { job, isComplete } = await findJob(q.db, id)
      assert.deepEqual([job, isComplete], [undefined, true])
    }
    await q.db.query(
      `insert into millrace.entry (lane, id, task, tracked, payload)
       select $1, gen_random_uuid(), 'mail.send', false, '{}' from generate_series(1, $2)`,
      [q.lanes.get('mail').ready.normal, FIND_COUNT_MAX - 1],
    )
    const { id } = await q.submit(mail, { n: 1 })
    assert.equal(await stageOf(q, id), 'waiting', 'it is the last one that is looked at')
    const further = await q.submit(mail, { n: 2 })
    const { job, isComplete } = await findJob(q.db, further.id)
    assert.deepEqual([job, isComplete], [undefined, false])
    await assert.rejects(
      cancelJob(q.db, further.id),
      (error: unknown) =>
        isMillraceError(error, 'MILLRACE_QUEUE_JOB_NOT_FOUND') && /within the first 20000/.test(error.message),
    )
  })
})

describe('cancelling a job', () => {
  test('keeps a tracked one that waits from starting, parked ones included', async () => {
    await using q = await open()
    const waiting = await q.submit(tracked, { n: 1 })
    assert.equal(await cancelJob(q.db, waiting.id), 'cancelled')
    assert.equal((await getOperation(q.db, waiting.id)).status, 'cancelled')
    const parked = await q.submit(tracked, { n: 2 })
    await pauseTask(q.db, 'mail.tracked')
    await claimAll(q, 'mail')
    assert.equal(await cancelJob(q.db, parked.id), 'cancelled')
    assert.equal((await findJob(q.db, parked.id)).job, undefined)
  })

  test('tells the worker of a tracked one that runs', async () => {
    await using q = await open()
    const { id } = await q.submit(tracked, { n: 1 })
    await claimAll(q, 'mail')
    await q.db.query("update millrace.operation set status = 'running'")
    const told: string[] = []
    const hints = { cancelRequested: (of: string) => told.push(of), operationChanged: () => {}, workIn: () => {} }
    assert.equal(await cancelJob(q.db, id, { hints }), 'running')
    assert.deepEqual([told, (await getOperation(q.db, id)).isCancelRequested], [[id], true])
  })

  test('takes away an untracked one that is parked or scheduled, and no other', async () => {
    await using q = await open()
    const later = await q.submit(mail, { n: 1 }, { delayMs: 60_000 })
    assert.equal(await cancelJob(q.db, later.id), 'cancelled')
    const parked = await q.submit(mail, { n: 2 })
    await pauseTask(q.db, 'mail.send')
    await claimAll(q, 'mail')
    assert.equal(await cancelJob(q.db, parked.id), 'cancelled')
    await resumeTask(q.db, 'mail.send')
    const { id } = await q.submit(mail, { n: 3 })
    await assert.rejects(cancelJob(q.db, id), withCode('MILLRACE_QUEUE_JOB_NOT_CANCELLABLE'))
    await claimAll(q, 'mail')
    await assert.rejects(cancelJob(q.db, id), withCode('MILLRACE_QUEUE_JOB_NOT_CANCELLABLE'))
    assert.deepEqual([await rowsIn(q, 'entry'), await rowsIn(q, 'deferred'), await rowsIn(q, 'parked')], [1, 0, 0])
  })

  test('lets go of the slot of one that held up its key while it waited for its retry', async () => {
    await using q = await open()
    const [first, second] = await q.submitMany(row, inputs(2))
    assert.ok(first !== undefined && second !== undefined)
    await endAll(q, await claimAll(q, 'imports'), { kind: 'retry', afterMs: 60_000, error: jobErrorOf('X') })
    assert.deepEqual(await claimAll(q, 'imports'), [])
    await cancelJob(q.db, first.id)
    assert.deepEqual(
      (await claimAll(q, 'imports')).map((job) => job.id),
      [second.id],
    )
  })

  test('of one that has ended says how it ended', async () => {
    await using q = await open()
    const { id } = await q.submit(tracked, { n: 1 })
    await endAll(q, await claimAll(q, 'mail'), { kind: 'succeeded', result: null })
    await assert.rejects(cancelJob(q.db, id), withCode('MILLRACE_QUEUE_JOB_ENDED'))
    await q.submit(mail, { n: 1 })
    const [dead = ''] = await bury(q, 'mail')
    await assert.rejects(cancelJob(q.db, dead), withCode('MILLRACE_QUEUE_JOB_ENDED'))
    await assert.rejects(cancelJob(q.db, newRandomId()), withCode('MILLRACE_QUEUE_JOB_NOT_FOUND'))
  })
})
