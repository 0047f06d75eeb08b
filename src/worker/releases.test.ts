/** Two releases side by side on one queue, as while a new one is rolled out. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { systemClock } from '../kernel/clock.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { handler, handlers } from './handler.ts'
import { UNPARK_MS } from './keeper.ts'

/** A pass of the keeper gives about half of what an old release has parked to a new one. */
const COUNT = 60

async function isEmpty(q: TestQueue): Promise<boolean> {
  const { rows } = await q.db.query<{ n: string }>(
    'select (select count(*) from millrace.entry) + (select count(*) from millrace.parked) + (select count(*) from millrace.lease) as n',
  )
  return rows[0]?.n === '0'
}

/** Counts how often each job is parked. */
async function countParkings(q: TestQueue): Promise<() => Promise<number>> {
  await q.db.query('create table parking (id uuid)')
  await q.db.query(
    `create function note_parking() returns trigger language plpgsql as
       $$ begin insert into parking values (new.id); return null; end $$`,
  )
  await q.db.query('create trigger note after insert on millrace.parked for each row execute function note_parking()')
  return async () => {
    const { rows } = await q.db.query<{ most: number }>(
      'select coalesce(max(n), 0)::integer as most from (select count(*) as n from parking group by id) p',
    )
    return rows[0]?.most ?? 0
  }
}

for (const [kind, jobs] of [
  ['a plain queue', queue('jobs')],
  ['a governed queue', queue('jobs', { concurrency: 4 })],
] as const) {
  describe(`two releases on ${kind}`, () => {
    test('lose nothing, run nothing twice, and do not chase each other', async () => {
      const old = task('work', { input: z.object({ n: z.number() }), queue: jobs })
      const now = task('work', {
        input: z.object({ id: z.number() }),
        queue: jobs,
        version: 2,
        upcast: { 1: (input: { n: number }) => ({ id: input.n }) },
      })
      const added = task('added', { input: z.object({ id: z.number() }), queue: jobs })
      await using q = await testQueue([old])
      const mostParkings = await countParkings(q)
      const ran: string[] = []
      const startedAt = systemClock.monotonic()
      await q.work(
        handlers([
          {
            task: old,
            load: async () => ({ default: handler(old, async ({ input }) => void ran.push(`work ${input.n}`)) }),
          },
        ]),
      )
      await q.work(
        handlers([
          {
            task: now,
            load: async () => ({ default: handler(now, async ({ input }) => void ran.push(`work ${input.id}`)) }),
          },
          {
            task: added,
            load: async () => ({ default: handler(added, async ({ input }) => void ran.push(`added ${input.id}`)) }),
          },
        ]),
        { release: [now, added] },
      )
      const numbers = Array.from({ length: COUNT }, (_, n) => n)
      await Promise.all([
        ...numbers.map((n) => q.submit(old, { n })),
        ...numbers.map((n) => q.submit(now, { id: COUNT + n })),
        q.submitMany(
          added,
          numbers.map((id) => ({ id })),
        ),
      ])
      await until('all jobs are done', () => isEmpty(q), 60_000)
      assert.deepEqual(
        ran.toSorted(),
        [...numbers.flatMap((n) => [`work ${n}`, `work ${COUNT + n}`, `added ${n}`])].toSorted(),
      )
      const passes = 1 + Math.ceil((systemClock.monotonic() - startedAt) / UNPARK_MS)
      assert.ok((await mostParkings()) <= passes, 'a job is parked once between two passes at most')
    })
  })
}
