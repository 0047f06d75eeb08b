/** The append of a process that has been quiet: workers hear of it early, and who submits is answered when it is on disk. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { Database } from '../data/database.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { testQueue } from '../testing/test-worker.ts'
import { note } from '../worker/fixture/tasks.ts'
import { appendQuick } from './append.ts'
import { noteIn } from './new-job-test-kit.ts'

test('a job submitted by a quiet process is on disk when submit is answered', async () => {
  await using q = await testQueue([note])
  // where in the write-ahead log each job was written: its commit lies behind it
  await q.db.query(`
    create table job_written (id uuid, at pg_lsn);
    create function tell() returns trigger language plpgsql as
      'begin insert into job_written values (new.id, pg_current_wal_insert_lsn()); return null; end';
    create trigger tell after insert on millrace.entry for each row execute function tell()`)
  const db = new Database({
    url: q.url,
    poolMax: 1,
    applicationName: 'millrace test of what is durable',
    server: { synchronous_commit: 'on' }, // the server of the tests is in no hurry to be durable
    clock: systemClock,
    log: silentLog(),
  })
  try {
    for (let n = 0; n < 20; n += 1) {
      const job = noteIn(q.lanes.get('notes').ready.normal)
      await appendQuick(db, [job], '')
      const { rows } = await db.query(
        'select at <= pg_current_wal_flush_lsn() as is_on_disk from job_written where id = $1',
        [job.id],
      )
      assert.deepEqual(rows, [{ is_on_disk: true }], `the ${n + 1}th job`)
    }
  } finally {
    await db.end()
  }
})
