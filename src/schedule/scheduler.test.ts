import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { contractOf } from '../contract/contract.ts'
import { schedule } from '../contract/schedule.ts'
import { task } from '../contract/task.ts'
import { migrate } from '../data/migrate.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { scheduleMigrations } from './migrations.ts'
import { openScheduler } from './scheduler.ts'

const work = task('work', { input: z.object({ night: z.boolean() }) })
const HOUR_MS = 3_600_000

function schedulerOf(q: TestQueue, options: { catchUpMs?: number; catchUpCountMax?: number } = {}) {
  const hourly = schedule('hourly', { cron: '0 * * * *', task: work, input: { night: true }, ...options })
  const contract = contractOf({ tasks: [], schedules: [hourly] })
  return openScheduler({ contract, db: q.db, submit: q.submit, clock: systemClock, log: silentLog() })
}

async function open(): Promise<TestQueue> {
  const q = await testQueue([work])
  await migrate(q.db, [scheduleMigrations])
  return q
}

async function submitted(q: TestQueue): Promise<number> {
  return (await q.db.query('select from millrace.entry')).rows.length
}

/** Sets the database's clock to some minutes past the next full hour. */
async function passAnHour(q: TestQueue): Promise<void> {
  await q.advance(HOUR_MS)
}

describe('a scheduler', () => {
  test('fires nothing from before the schedule was first seen', async () => {
    await using q = await open()
    await schedulerOf(q, { catchUpMs: 24 * HOUR_MS, catchUpCountMax: 24 }).look()
    assert.equal(await submitted(q), 0)
  })

  test('fires each tick once, however many processes look', async () => {
    await using q = await open()
    const schedulers = Array.from({ length: 8 }, () => schedulerOf(q))
    await schedulers[0]?.look()
    await passAnHour(q)
    await Promise.all(schedulers.map((scheduler) => scheduler.look()))
    assert.equal(await submitted(q), 1)
    const { rows } = await q.db.query('select schedule from millrace.tick')
    assert.deepEqual(rows, [{ schedule: 'hourly' }])
  })

  test('catches up what was missed, within its bound', async () => {
    await using q = await open()
    const scheduler = schedulerOf(q, { catchUpMs: 24 * HOUR_MS, catchUpCountMax: 3 })
    await scheduler.look()
    await q.advance(10 * HOUR_MS)
    await scheduler.look()
    assert.equal(await submitted(q), 3)
    await scheduler.look()
    assert.equal(await submitted(q), 3, 'and only once')
  })

  test('fires a tick whose process died before its transaction committed', async () => {
    await using q = await open()
    await schedulerOf(q).look()
    await passAnHour(q)
    const dying = openScheduler({
      contract: contractOf({
        tasks: [],
        schedules: [schedule('hourly', { cron: '0 * * * *', task: work, input: { night: true } })],
      }),
      db: q.db,
      submit: async () => {
        throw new Error('killed here')
      },
      clock: systemClock,
      log: silentLog(),
    })
    await assert.rejects(dying.look(), /killed here/)
    await schedulerOf(q).look()
    assert.equal(await submitted(q), 1)
  })

  test('that cannot fire one schedule fires the others all the same', async () => {
    await using q = await open()
    const options = { cron: '0 * * * *', task: work }
    const broken = schedule('broken', { ...options, input: { night: 'no boolean' } as never })
    const sound = schedule('sound', { ...options, input: { night: true } })
    const contract = contractOf({ tasks: [], schedules: [broken, sound] })
    const scheduler = openScheduler({ contract, db: q.db, submit: q.submit, clock: systemClock, log: silentLog() })
    await scheduler.look()
    await passAnHour(q)
    await assert.rejects(scheduler.look(), (error: { code?: string }) => error.code === 'MILLRACE_QUEUE_INPUT_INVALID')
    assert.equal(await submitted(q), 1)
  })

  test('goes on after the clock of the database has run ahead and come back', async () => {
    await using q = await open()
    const scheduler = schedulerOf(q)
    await scheduler.look()
    await q.advance(100 * HOUR_MS)
    await scheduler.look()
    await q.advance(-98 * HOUR_MS)
    await scheduler.look()
    await passAnHour(q)
    await scheduler.look()
    assert.ok((await submitted(q)) >= 2, 'ticks come again, and wait for nothing from the future')
  })

  test('looks by itself while it runs, and stops at once', async () => {
    await using q = await open()
    await schedulerOf(q).look()
    await passAnHour(q)
    const scheduler = schedulerOf(q)
    await scheduler.start(AbortSignal.timeout(5_000))
    await until('the tick is fired', async () => (await submitted(q)) === 1)
    await scheduler.stop({ drainMs: 0 })
  })
})
