import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { schedule } from '../contract/schedule.ts'
import { task } from '../contract/task.ts'
import { systemClock } from '../kernel/clock.ts'
import { appOf, runs } from './fixture/app-of.ts'
import { type TestApp, testApp } from './test-app.ts'
import { TICK_COUNT_MAX } from './test-time.ts'
import { VirtualClock } from './virtual-clock.ts'

const HOUR_MS = 3_600_000
const NOON = '2026-03-01T12:00:00.000Z'
const work = task('work', {
  input: z.object({ n: z.number().default(0) }),
  retry: { attempts: 3, firstDelayMs: 60_000 },
})
const databaseTime = async (t: TestApp) =>
  (await t.db.query<{ now: Date }>('select millrace.now() as now')).rows[0]?.now.toISOString()

describe('the time of an application under test', () => {
  test('stands still, for the code and for the database', async () => {
    const seen: number[] = []
    const looks = runs(work, async ({ clock }) => void seen.push(clock.now()))
    await using t = await testApp(appOf({ handlers: [looks] }), { now: NOON })
    await t.submit(work, {})
    await t.untilIdle()
    assert.deepEqual(seen, [Date.parse(NOON)])
    assert.equal(await databaseTime(t), NOON)
  })

  test('moves on for both', async () => {
    await using t = await testApp(appOf({ handlers: [] }), { now: NOON })
    await Promise.all([t.advance(HOUR_MS), t.advance(1)])
    assert.equal(new Date(t.clock.now()).toISOString(), '2026-03-01T13:00:00.001Z')
    assert.equal(await databaseTime(t), '2026-03-01T13:00:00.001Z')
    assert.throws(() => t.advance(-1), RangeError)
  })

  test('makes delayed jobs due, and no sooner', async () => {
    await using t = await testApp(appOf({ handlers: [runs(work, async () => {})] }), { now: NOON })
    await t.submit(work, { n: 1 }, { delayMs: HOUR_MS })
    await t.advance(HOUR_MS - 1)
    assert.deepEqual(await t.untilIdle(), [])
    assert.deepEqual(
      (await t.enqueued(work)).map(({ dueAt }) => dueAt?.toISOString()),
      ['2026-03-01T13:00:00.000Z'],
    )
    await t.advance(1)
    assert.equal((await t.untilIdle()).length, 1)
  })

  test('runs jobs that come due together in the order in which they were submitted', async () => {
    const order: number[] = []
    const noted = runs(work, async ({ input }) => void order.push(input.n))
    await using t = await testApp(appOf({ handlers: [noted] }))
    for (const n of [1, 2, 3, 4, 5]) await t.submit(work, { n }, { delayMs: HOUR_MS })
    await t.advance(HOUR_MS)
    await t.untilIdle()
    assert.deepEqual(order, [1, 2, 3, 4, 5])
  })

  test('makes retries due: a job fails until its attempts are spent', async () => {
    const fails = runs(work, async ({ job }) => {
      throw new Error(`attempt ${job.attempt}`)
    })
    await using t = await testApp(appOf({ handlers: [fails] }))
    await t.submit(work, {})
    const outcomes: string[] = []
    for (let hours = 0; hours < 3; hours += 1) {
      outcomes.push(
        ...(await t.untilIdle()).map((job) => `${job.outcome} ${job.attempts} ${job.errors.at(-1)?.message}`),
      )
      assert.deepEqual(await t.untilIdle(), [], 'nothing is due before its time')
      await t.advance(HOUR_MS)
    }
    assert.deepEqual(outcomes, ['retrying 1 attempt 1', 'retrying 1 attempt 2', 'failed 1 attempt 3'])
    assert.deepEqual(
      (await t.dead())[0]?.errors.map((error) => error.message),
      ['attempt 1', 'attempt 2', 'attempt 3'],
    )
  })

  test('runs retries without a delay in the same run', async () => {
    const eager = task('eager', { input: z.object({}), retry: { firstDelayMs: 0 } })
    const third = runs(eager, async ({ job }) => {
      if (job.attempt < 3) throw new Error('not yet')
    })
    await using t = await testApp(appOf({ handlers: [third] }))
    await t.submit(eager, {})
    const [ran] = await t.untilIdle()
    assert.deepEqual([ran?.outcome, ran?.attempts, ran?.errors.length], ['succeeded', 3, 2])
  })

  test('fires schedules at every tick on the way', async () => {
    const hourly = schedule('hourly', { cron: '0 * * * *', task: work, input: { n: 7 } })
    await using t = await testApp(appOf({ handlers: [runs(work, async () => {})], schedules: [hourly] }), {
      now: '2026-03-01T12:30:00Z',
    })
    await t.advance(30 * 60_000 - 1)
    assert.equal((await t.enqueued(work)).length, 0)
    await t.advance(3 * HOUR_MS)
    assert.deepEqual(
      (await t.enqueued(work)).map((job) => job.input.n),
      [7, 7, 7],
    )
    const { rows } = await t.db.query<{ due_at: Date }>('select due_at from millrace.tick order by due_at')
    assert.deepEqual(
      rows.map((row) => row.due_at.toISOString().slice(11, 16)),
      ['13:00', '14:00', '15:00'],
    )
    assert.equal((await t.untilIdle()).length, 3)
  })

  test('passes a schedule by that has too many ticks on the way, as if nothing had run meanwhile', async () => {
    const often = schedule('often', { cron: '* * * * *', task: work, input: {} })
    const daily = schedule('daily', { cron: '0 0 * * *', task: work, input: { n: 1 } })
    await using t = await testApp(appOf({ handlers: [runs(work, async () => {})], schedules: [often, daily] }), {
      now: NOON,
    })
    await t.advance(3 * 24 * HOUR_MS)
    assert.ok(3 * 24 * 60 > TICK_COUNT_MAX)
    assert.equal(await databaseTime(t), '2026-03-04T12:00:00.000Z')
    const submitted = (await t.enqueued(work)).map((job) => job.input.n)
    assert.deepEqual(
      submitted.filter((n) => n === 1),
      [1, 1, 1],
      'the other one has fired at each tick',
    )
    assert.equal(submitted.length, 3 + 1, 'and the last one of the frequent one is caught up')
  })

  test('wakes handlers that wait for it', async () => {
    const naps = runs(work, async ({ clock, progress }) => {
      progress(0)
      await clock.sleep(HOUR_MS)
    })
    await using t = await testApp(appOf({ handlers: [naps] }))
    await t.submit(work, {})
    const running = t.untilIdle()
    while ((await t.db.query('select from millrace.lease')).rows.length === 0) await systemClock.sleep(1)
    await t.advance(HOUR_MS)
    assert.equal((await running)[0]?.outcome, 'succeeded')
  })

  test('times handlers out', async () => {
    const slow = task('slow', { input: z.object({}), timeoutMs: HOUR_MS, retry: { attempts: 1 } })
    const waits = runs(
      slow,
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    await using t = await testApp(appOf({ handlers: [waits] }))
    await t.submit(slow, {})
    const running = t.untilIdle()
    while ((await t.db.query('select from millrace.lease')).rows.length === 0) await systemClock.sleep(1)
    await t.advance(HOUR_MS)
    assert.deepEqual(
      (await running).map((job) => [job.outcome, job.errors[0]?.code]),
      [['failed', 'MILLRACE_WORKER_TIMEOUT']],
    )
  })

  test('lets jobs expire that nobody wants any more', async () => {
    const fresh = task('fresh', { input: z.object({}), ttlMs: HOUR_MS })
    await using t = await testApp(appOf({ handlers: [runs(fresh, async () => {})] }))
    await t.submit(fresh, {})
    await t.advance(HOUR_MS + 1)
    assert.deepEqual(
      (await t.untilIdle()).map((job) => [job.outcome, job.attempts]),
      [['expired', 0]],
    )
  })

  test('lets idempotency keys expire', async () => {
    await using t = await testApp(appOf({ handlers: [runs(work, async () => {})] }))
    const submit = async () => (await t.submit(work, {}, { idempotencyKey: 'once', idempotencyMs: HOUR_MS })).isNew
    assert.deepEqual([await submit(), await submit()], [true, false])
    await t.advance(HOUR_MS)
    assert.equal(await submit(), true)
  })
})

describe('a virtual clock', () => {
  test('fires timers in the order in which they are due, once, and not when they were cancelled', async () => {
    const clock = new VirtualClock(0)
    const fired: string[] = []
    clock.after(20, () => fired.push('b'))
    clock.after(10, () => fired.push('a'))
    clock.after(15, () => fired.push('never')).cancel()
    assert.deepEqual([clock.nextDueAt, clock.waitingCount], [10, 2])
    clock.moveTo(30)
    clock.moveTo(30)
    assert.deepEqual(fired, ['a', 'b'])
    assert.deepEqual([clock.now(), clock.monotonic(), clock.nextDueAt], [30, 30, undefined])
  })

  test('fires what is due at once without being moved', async () => {
    const clock = new VirtualClock(0)
    await clock.sleep(0)
    await clock.sleep(10, AbortSignal.abort())
    assert.equal(clock.now(), 0)
  })
})
