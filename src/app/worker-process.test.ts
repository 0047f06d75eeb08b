import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { type TestDatabase, testDatabase } from '../testing/test-database.ts'
import { until } from '../testing/until.ts'
import { adding } from '../worker/fixture/adding.ts'
import { add } from '../worker/fixture/tasks.ts'
import { handlers } from '../worker/handler.ts'
import { PURGE_MS } from '../worker/keeper.ts'
import { defineApp } from './define-app.ts'
import { awaitDatabase, openParts } from './parts.ts'
import { readSettings } from './settings.ts'
import { openAppWorker } from './worker-process.ts'

const START_MS_MAX = 20_000
const STOP_MS = 5_000
/** Between two rounds of housekeeping, in place of a minute. */
const ROUND_MS = 50
const clock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms === PURGE_MS ? ROUND_MS : ms, signal),
}

/** A worker as an application runs it, with these settings. */
async function work(t: TestDatabase, env: Readonly<Record<string, string>>): Promise<AsyncDisposable> {
  const app = defineApp({ name: 'remembering', tasks: [add] })
  const settings = readSettings({ ...env, DATABASE_URL: t.url, MILLRACE_ENV: 'test' })
  const parts = openParts(app, settings, 'worker', { clock, log: silentLog() })
  await awaitDatabase(parts, AbortSignal.timeout(START_MS_MAX))
  const worker = openAppWorker(parts, handlers([adding(async () => ({ sum: 0 }))]))
  await worker.start(AbortSignal.timeout(START_MS_MAX))
  return {
    async [Symbol.asyncDispose]() {
      await worker.stop({ drainMs: STOP_MS })
      await parts.close()
    },
  }
}

/** Makes the partition of a day so many days ago, with a job that ended in it, as a worker of that day left it. */
async function leaveDay(t: TestDatabase, daysAgo: number): Promise<void> {
  await t.db.query(
    `do $$
     declare day date := (millrace.now() at time zone 'utc')::date - ${daysAgo};
     begin
       execute format('create table millrace.%I partition of millrace.history for values from (%L) to (%L)',
         'history_' || to_char(day, 'YYYYMMDD'), day || ' 00:00:00Z', day + 1 || ' 00:00:00Z');
       insert into millrace.history (ended_at, id, lane, task, status, attempt, crashes)
       values (day + interval '12 hours', gen_random_uuid(), 1, 'add of ${daysAgo} days ago', 'succeeded', 1, 0);
     end $$`,
  )
}

async function remembered(t: TestDatabase): Promise<readonly string[]> {
  const { rows } = await t.db.query<{ task: string }>('select task from millrace.history order by task')
  return rows.map(({ task }) => task)
}

test('a running worker forgets what ended more than HISTORY_DAYS ago, day by day', async () => {
  await using t = await testDatabase()
  await using _worker = await work(t, { HISTORY_DAYS: '2' })
  for (const daysAgo of [1, 4, 30]) await leaveDay(t, daysAgo)
  await until('the old days are forgotten', async () => (await remembered(t)).length === 1)
  assert.deepEqual(await remembered(t), ['add of 1 days ago'])
  const { rows } = await t.db.query(
    "select from pg_inherits where inhparent = 'millrace.history'::regclass and inhrelid <> 'millrace.history_rest'::regclass",
  )
  assert.equal(rows.length, 1 + 4, 'that of yesterday, and those that are made ahead')
})
