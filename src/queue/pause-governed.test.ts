/** Pausing a task whose queue has rules: slots are given up, and limits and order hold again when it goes on. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { type QueuePolicy, queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { type Handlers, handler, handlers } from '../worker/handler.ts'
import { claimAll, endAll, rowsIn } from './operators-test-kit.ts'
import { pauseTask, resumeTask } from './pause.ts'

const input = z.object({ n: z.number() })

describe('a paused task in a queue with rules', () => {
  async function lab(policy: QueuePolicy) {
    const governed = queue('shared', policy)
    const keyed = { input, queue: governed, ...(policy.perKey && { key: () => 'one' }) }
    const tasks = [task('mail.send', keyed), task('photo.render', keyed)] as const
    return { q: await testQueue(tasks), tasks }
  }

  test('gives up its slots, and takes no more than there are when it is resumed', async () => {
    const { q, tasks } = await lab({ concurrency: 2 })
    await using _q = q
    await pauseTask(q.db, 'mail.send')
    for (let n = 0; n < 6; n++) await q.submit(tasks[0], { n })
    await q.submit(tasks[1], { n: 100 })
    const photos = await until('the other task has its turn', async () => {
      const jobs = await claimAll(q, 'shared')
      return jobs.length > 0 ? jobs : undefined
    })
    assert.deepEqual(
      photos.map((job) => job.task),
      ['photo.render'],
    )
    assert.equal(await rowsIn(q, 'parked'), 6)
    await resumeTask(q.db, 'mail.send')
    const first = await claimAll(q, 'shared')
    assert.equal(first.length, 1, 'one slot is still held')
    await endAll(q, [...photos, ...first], { kind: 'succeeded', result: null })
    for (let left = 5; left > 0; ) {
      const jobs = await claimAll(q, 'shared')
      assert.ok(jobs.length === Math.min(2, left))
      await endAll(q, jobs, { kind: 'succeeded', result: null })
      left -= jobs.length
    }
  })

  test('keeps the order of a key among the jobs that were parked', async () => {
    const { q, tasks } = await lab({ perKey: { order: 'fifo' } })
    await using _q = q
    await pauseTask(q.db, 'mail.send')
    for (let n = 0; n < 5; n++) await q.submit(tasks[0], { n })
    await until('all are parked', async () => {
      assert.deepEqual(await claimAll(q, 'shared'), [])
      return (await rowsIn(q, 'parked')) === 5
    })
    await resumeTask(q.db, 'mail.send')
    for (let n = 0; n < 5; n++) {
      const jobs = await claimAll(q, 'shared')
      assert.deepEqual(
        jobs.map((job) => job.entry.inputOf(0)),
        [{ n }],
      )
      await endAll(q, jobs, { kind: 'succeeded', result: null })
    }
  })

  test('runs to the end with real workers, within its limits', async () => {
    const { q, tasks } = await lab({ concurrency: 3 })
    await using _q = q
    let running = 0
    let most = 0
    const ran: unknown[] = []
    const gauge: Handlers = handlers(
      tasks.map((of) => ({
        task: of,
        load: async () => ({
          default: handler(of, async ({ input }) => {
            running += 1
            most = Math.max(most, running)
            await new Promise((resolve) => setImmediate(resolve))
            running -= 1
            ran.push(input)
          }),
        }),
      })),
    )
    for (let n = 0; n < 2; n++) await q.work(gauge)
    await pauseTask(q.db, 'mail.send')
    for (let n = 0; n < 12; n++) await q.submit(tasks[0], { n })
    await until('all are parked', async () => (await rowsIn(q, 'parked')) === 12)
    assert.deepEqual(ran, [])
    await resumeTask(q.db, 'mail.send', { hints: q.hints })
    await until('all have run', () => ran.length === 12)
    assert.ok(most <= 3, `${most} at once`)
  })
})
