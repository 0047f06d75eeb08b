import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import pg from 'pg'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { JOB_STAGES, type JobStage, type StagedJob } from './job-stage.ts'
import { type JobQuery, LOOK_ENTRIES_MAX, listJobs, PAGE_COUNT_MAX } from './jobs.ts'
import { bury, claimAll, endAll, jobErrorOf } from './operators-test-kit.ts'
import { pauseTask } from './pause.ts'

const input = z.object({ n: z.number() })
const mail = task('mail.send', { input, queue: 'shared' })
const photo = task('photo.render', { input, queue: 'shared' })
const other = task('other.work', { input, queue: 'other' })
const row = task('import.row', {
  input,
  queue: queue('imports', { concurrency: 2, perKey: { concurrency: 1 } }),
  key: ({ n }) => `key ${n % 3}`,
})

async function open(): Promise<TestQueue> {
  return testQueue([mail, photo, other, row])
}

const inputs = (count: number, from = 0) => Array.from({ length: count }, (_, n) => ({ n: from + n }))
const idsOf = (jobs: readonly { readonly id: string }[]) => jobs.map((job) => job.id)

/** All pages, one after the other. */
async function all(q: TestQueue, query: Omit<JobQuery, 'limit'>, limit = 7): Promise<readonly StagedJob[]> {
  const jobs: StagedJob[] = []
  for (let after: string | undefined; ; ) {
    const page = await listJobs(q.db, { ...query, limit, ...(after === undefined ? {} : { after }) })
    assert.ok(page.jobs.length <= limit)
    jobs.push(...page.jobs)
    after = page.next
    if (after === undefined) return jobs
  }
}

describe('jobs that wait', () => {
  test('are listed lane by lane, in their order, those of packs one by one', async () => {
    await using q = await open()
    const packed = await q.submitMany(mail, inputs(25))
    const single = await q.submit(mail, { n: 100 })
    const high = await q.submit(mail, { n: 101 }, { priority: 'high' })
    const jobs = await all(q, { stage: 'waiting', queue: 'shared' })
    assert.deepEqual(idsOf(jobs), idsOf([high, ...packed, single]))
    assert.deepEqual(
      [jobs[0]?.priority, jobs[1]?.priority, jobs[1]?.stage, jobs[1]?.queue, jobs[1]?.attempt],
      ['high', 'normal', 'waiting', 'shared', 0],
    )
  })

  test('are those that were not handed out', async () => {
    await using q = await open()
    await q.submitMany(mail, inputs(10))
    const claimed = await claimAll(q, 'shared', 4)
    const waiting = await all(q, { stage: 'waiting', queue: 'shared' })
    assert.equal(waiting.length, 6)
    assert.deepEqual(new Set(idsOf(await all(q, { stage: 'running', queue: 'shared' }))), new Set(idsOf(claimed)))
    for (const id of idsOf(claimed)) assert.ok(!idsOf(waiting).includes(id))
  })

  test('whose transaction commits late are among them, and are there once', async () => {
    await using q = await open()
    const late = new pg.Client({ connectionString: q.url })
    await late.connect()
    try {
      await late.query('begin')
      const straggler = await q.submit(mail, { n: 0 }, { tx: late })
      const first = await q.submit(mail, { n: 1 })
      assert.deepEqual(idsOf(await claimAll(q, 'shared')), [first.id])
      const second = await q.submit(mail, { n: 2 })
      assert.deepEqual(idsOf(await all(q, { stage: 'waiting', queue: 'shared' })), [second.id])
      await late.query('commit')
      assert.deepEqual(idsOf(await all(q, { stage: 'waiting', queue: 'shared' }, 1)), [straggler.id, second.id])
      assert.deepEqual(idsOf(await claimAll(q, 'shared', 1)), [straggler.id])
      assert.deepEqual(idsOf(await all(q, { stage: 'waiting', queue: 'shared' })), [second.id])
      assert.deepEqual(idsOf(await claimAll(q, 'shared')), [second.id])
      assert.deepEqual(await all(q, { stage: 'waiting', queue: 'shared' }), [])
    } finally {
      await late.end()
    }
  })

  test('of a queue with rules are found at its entrance and in its flows, with key and tenant', async () => {
    await using q = await open()
    const before = await q.submitMany(row, inputs(9))
    const claimed = await claimAll(q, 'imports')
    const after = await q.submit(row, { n: 9 })
    const waiting = await all(q, { stage: 'waiting', queue: 'imports' }, 2)
    const expected = idsOf([...before, after]).filter((id) => !idsOf(claimed).includes(id))
    assert.deepEqual(idsOf(waiting).toSorted(), expected.toSorted())
    assert.deepEqual(new Set(waiting.map((job) => job.key)), new Set(['key 0', 'key 1', 'key 2']))
    await endAll(q, claimed, { kind: 'succeeded', result: null })
    assert.equal((await all(q, { stage: 'waiting', queue: 'imports' })).length, 8, 'releases are no jobs')
  })

  test('of one task are found among those of others, as far as one look goes', async () => {
    await using q = await open()
    await q.db.transaction(async () => {
      for (const given of inputs(LOOK_ENTRIES_MAX)) await q.submit(mail, given)
    })
    const wanted = await q.submit(photo, { n: 1 })
    const first = await listJobs(q.db, { stage: 'waiting', task: 'photo.render', limit: 10 })
    assert.deepEqual([first.jobs, first.next !== undefined], [[], true], 'so many were looked at, and there are more')
    assert.deepEqual(idsOf(await all(q, { stage: 'waiting', task: 'photo.render' })), [wanted.id])
  })
})

describe('jobs of every stage', () => {
  async function everywhere() {
    const q = await open()
    const ids: Record<JobStage, readonly string[]> = { waiting: [], running: [], scheduled: [], parked: [], dead: [] }
    const of = async (task: typeof mail, from: number) => idsOf(await q.submitMany(task, inputs(9, from)))
    ids.dead = await of(mail, 0)
    await bury(q, 'shared', 'BROKEN')
    ids.parked = await of(photo, 10)
    await pauseTask(q.db, 'photo.render')
    await claimAll(q, 'shared')
    ids.scheduled = await of(mail, 20)
    await endAll(q, await claimAll(q, 'shared'), { kind: 'retry', afterMs: 60_000, error: jobErrorOf('X') })
    ids.running = await of(mail, 30)
    await claimAll(q, 'shared')
    ids.waiting = await of(mail, 40)
    return { q, ids }
  }

  test('are listed page by page, by queue and by task', async () => {
    const { q, ids } = await everywhere()
    await using _q = q
    for (const stage of JOB_STAGES) {
      const jobs = await all(q, { stage, queue: 'shared' }, 4)
      assert.deepEqual(idsOf(jobs).toSorted(), ids[stage].toSorted(), stage)
      assert.ok(jobs.every((job) => job.stage === stage && job.queue === 'shared'))
      const isParked = stage === 'parked'
      const of = async (task: string) => (await all(q, { stage, task }, 4)).length
      assert.deepEqual([await of('photo.render'), await of('mail.send')], isParked ? [9, 0] : [0, 9])
      assert.deepEqual(await all(q, { stage, queue: 'other' }), [])
      assert.equal((await all(q, { stage }, 4)).length, 9)
    }
  })

  test('say what their stage has to say', async () => {
    const { q } = await everywhere()
    await using _q = q
    const first = async (stage: JobStage) => (await listJobs(q.db, { stage, limit: 1 })).jobs[0]
    assert.ok((await first('running'))?.worker)
    assert.ok(
      ((await first('scheduled'))?.dueAt?.getTime() ?? 0) > ((await first('scheduled'))?.submittedAt.getTime() ?? 0),
    )
    assert.equal((await first('scheduled'))?.attempt, 1)
    assert.equal((await first('parked'))?.parked?.why, 'paused')
    assert.equal((await first('dead'))?.died?.code, 'BROKEN')
  })
})

describe('a page', () => {
  test('is refused when it is out of bounds, or goes on from nowhere', async () => {
    await using q = await open()
    const refused = (error: unknown) => isMillraceError(error, 'MILLRACE_QUEUE_ARGUMENT_INVALID')
    for (const limit of [0, PAGE_COUNT_MAX + 1, 1.5])
      await assert.rejects(listJobs(q.db, { stage: 'waiting', limit }), refused)
    for (const stage of JOB_STAGES)
      for (const after of ['', 'x', '1,2', "1,2,3'", `${'-'.repeat(36)}`])
        await assert.rejects(listJobs(q.db, { stage, limit: 1, after }), refused, `${stage} after ${after}`)
    await listJobs(q.db, { stage: 'waiting', limit: PAGE_COUNT_MAX })
  })

  test('of a queue that is not there names the one that was meant', async () => {
    await using q = await open()
    await assert.rejects(
      listJobs(q.db, { stage: 'waiting', queue: 'sharde', limit: 1 }),
      (error: unknown) =>
        isMillraceError(error, 'MILLRACE_QUEUE_NO_SUCH_QUEUE') && /is shared meant/.test(error.message),
    )
  })
})
