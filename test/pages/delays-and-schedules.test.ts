/** The examples of docs/delays-and-schedules.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schedule, task } from 'millrace'
import { z } from 'zod'
import { dueTicks } from '../../src/schedule/ticks.ts'
import { testQueue } from '../../src/testing/test-worker.ts'

const remind = task('remind', { input: z.object({ to: z.string() }) })
const makeReport = task('report.make', { input: z.object({}) })

// example: schedule
const nightly = schedule('report.nightly', {
  cron: '30 2 * * *', // minute, hour, day of month, month, weekday
  zone: 'Europe/Berlin',
  task: makeReport,
  input: {},
  catchUpMs: 3 * 24 * 3_600_000,
  catchUpCountMax: 2,
})
// end of example

const ticks = (since: string, now: string): readonly string[] =>
  dueTicks(nightly, Date.parse(since), Date.parse(now)).map((tick) => new Date(tick).toISOString())

test('a delayed job waits for its time', async () => {
  await using q = await testQueue([remind])
  const { submit } = q
  // example: delay
  await submit(remind, { to: 'ada@example.org' }, { delayMs: 24 * 3_600_000 })
  // end of example
  const { rows } = await q.db.query(
    'select round(extract(epoch from due_at - millrace.now()) / 3600)::integer as hours from millrace.deferred',
  )
  assert.deepEqual(rows, [{ hours: 24 }])
})

test('a job with a moment waits for it', async () => {
  await using q = await testQueue([remind])
  const { submit } = q
  // example: run-at
  await submit(remind, { to: 'ada@example.org' }, { runAt: new Date('2030-01-01T08:00:00+01:00') })
  // end of example
  const { rows } = await q.db.query<{ due: Date }>("select date_trunc('second', due_at) as due from millrace.deferred")
  assert.deepEqual(rows, [{ due: new Date('2030-01-01T07:00:00Z') }])
})

test('of ticks that were missed, the newest two are caught up', () => {
  assert.deepEqual(ticks('2026-11-10T00:00:00Z', '2026-11-20T12:00:00Z'), [
    '2026-11-19T01:30:00.000Z',
    '2026-11-20T01:30:00.000Z',
  ])
})

test('a change of clocks neither skips a tick nor fires one twice', () => {
  assert.deepEqual(ticks('2026-03-28T12:00:00Z', '2026-03-29T11:00:00Z'), ['2026-03-29T01:00:00.000Z'])
  assert.equal(ticks('2026-10-24T12:00:00Z', '2026-10-25T11:00:00Z').length, 1)
})
