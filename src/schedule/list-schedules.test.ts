import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { z } from 'zod'
import { contractOf } from '../contract/contract.ts'
import { schedule } from '../contract/schedule.ts'
import { task } from '../contract/task.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { testQueue } from '../testing/test-worker.ts'
import { listSchedules } from './list-schedules.ts'
import { openScheduler } from './scheduler.ts'

const HOUR_MS = 3_600_000
const work = task('work', { input: z.object({}) })
const hourly = schedule('hourly', { cron: '0 * * * *', zone: 'Europe/Berlin', task: work, input: {} })
const contract = contractOf({ tasks: [], schedules: [hourly] })

test("schedules say when they were fired last, and when they come next by the database's clock", async () => {
  await using q = await testQueue([work])
  const [before] = await listSchedules(q.db, contract.schedules, 3)
  assert.deepEqual([before?.cron, before?.zone, before?.task], ['0 * * * *', 'Europe/Berlin', 'work'])
  assert.deepEqual([before?.firstSeenAt, before?.lastTick], [null, null])
  const scheduler = openScheduler({ contract, db: q.db, submit: q.submit, clock: systemClock, log: silentLog() })
  await scheduler.look()
  await q.advance(HOUR_MS)
  await scheduler.look()
  const [after] = await listSchedules(q.db, contract.schedules, 3)
  assert.ok(after?.firstSeenAt instanceof Date)
  const dueMs = after.lastTick?.dueAt.getTime() ?? 0
  assert.equal(dueMs % HOUR_MS, 0)
  assert.ok((after.lastTick?.firedAt.getTime() ?? 0) >= dueMs)
  assert.deepEqual(
    after.nextAt.map((at) => at.getTime()),
    [dueMs + HOUR_MS, dueMs + 2 * HOUR_MS, dueMs + 3 * HOUR_MS],
  )
})

test('a schedule of another release is listed with what the database remembers', async () => {
  await using q = await testQueue([work])
  await openScheduler({ contract, db: q.db, submit: q.submit, clock: systemClock, log: silentLog() }).look()
  const [remembered] = await listSchedules(q.db, new Map(), 3)
  assert.deepEqual([remembered?.schedule, remembered?.cron, remembered?.nextAt], ['hourly', null, []])
})
