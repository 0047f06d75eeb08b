/** Retries as the task's policy, its handler and remote services have them; the same in a cell. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import { listDeadLetters } from '../queue/dead-letters.ts'
import { ERRORS_COUNT_MAX, ERRORS_FIRST_COUNT } from '../queue/job.ts'
import { ended, type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { patient, patientBefore } from './fixture/patient.ts'
import { handler, handlers } from './handler.ts'

const cellEntry = new URL('fixture/patient-cell.ts', import.meta.url)

/** How many minutes the only deferred job waits, about. */
function waits(q: TestQueue): Promise<number> {
  return until('it waits', async () => {
    const { rows } = await q.db.query<{ minutes: number }>(
      'select extract(epoch from due_at - millrace.now())::float8 / 60 as minutes from millrace.deferred',
    )
    return rows[0]?.minutes
  })
}

for (const isolate of ['none', 'thread'] as const) {
  const entry = { task: patient, load: () => import('./fixture/patient.ts'), isolate }

  describe(`a handler that runs ${isolate === 'none' ? 'in the worker' : 'in a thread'}`, () => {
    test('has the errors of its own classes judged by the policy of its task', async () => {
      await using q = await testQueue([patient])
      await q.work(handlers([entry]), { cellEntry })
      const { status, attempt } = await ended(q, (await q.submit(patient, { how: 'refused' })).id)
      assert.deepEqual([status, attempt], ['failed', 1])
    })

    test('leaves a remote service alone for as long as it says', async () => {
      await using q = await testQueue([patient])
      await q.work(handlers([entry]), { cellEntry })
      const job = await q.submit(patient, { how: 'busy' })
      const minutes = await waits(q)
      assert.ok(minutes > 9 && minutes <= 10, `it waits ${minutes} minutes`)
      await q.advance(11 * 60_000)
      assert.deepEqual((await ended(q, job.id)).result, { attempts: 2 })
    })

    test('goes on later without spending an attempt', async () => {
      await using q = await testQueue([patient])
      await q.work(handlers([entry]), { cellEntry })
      const job = await q.submit(patient, { how: 'later' })
      assert.deepEqual((await ended(q, job.id)).result, { attempts: 1 })
    })

    test('gets the input of an older version as its own', async () => {
      await using q = await testQueue([patient])
      await q.work(handlers([entry]), { cellEntry })
      const job = await q.submit(patientBefore, { does: 'refused' })
      assert.equal((await ended(q, job.id)).error?.message, 'no')
    })
  })
}

test('of many errors the first ones and the newest are kept with the job', async () => {
  const attempts = ERRORS_COUNT_MAX + 3
  const hopeless = task('hopeless', { input: z.object({}), retry: { attempts, firstDelayMs: 0 } })
  await using q = await testQueue([hopeless])
  const run = handler(hopeless, async ({ job }) => {
    throw new Error(String(job.attempt))
  })
  await q.work(handlers([{ task: hopeless, load: async () => ({ default: run }) }]))
  await q.submit(hopeless, {})
  const [letter] = await until('it is a dead letter', async () => {
    const found = await listDeadLetters(q.db, { limit: 1 })
    return found.length === 1 && found
  })
  const kept = letter?.errors.map((error) => Number(error.message)) ?? []
  const numbers = Array.from({ length: attempts }, (_, n) => n + 1)
  assert.deepEqual(kept, [
    ...numbers.slice(0, ERRORS_FIRST_COUNT),
    ...numbers.slice(attempts - ERRORS_COUNT_MAX + ERRORS_FIRST_COUNT),
  ])
})
