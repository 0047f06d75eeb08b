/** The examples of docs/history.md. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { task } from 'millrace'
import { type EndedJob, listHistory } from 'millrace/queue'
import { z } from 'zod'
import { bury, claimAll, endAll } from '../../src/queue/operators-test-kit.ts'
import { type TestQueue, testQueue } from '../../src/testing/test-worker.ts'
import { commandLinesOf } from './command-lines.ts'

const order = z.object({ order: z.string() })
// example: declare
const chargeCard = task('card.charge', { input: order, queue: 'cards', history: 'all' })
const warmCache = task('cache.warm', { input: order, queue: 'cards', history: 'none' })
// end of example

commandLinesOf('history')

async function submitTo(q: TestQueue, count: number): Promise<void> {
  for (const one of [chargeCard, warmCache])
    await q.submitMany(
      one,
      Array.from({ length: count }, (_, n) => ({ order: `${n}` })),
    )
}

describe('the code of docs/history.md', () => {
  test('remembers all jobs of a task, and none of another', async () => {
    await using q = await testQueue([chargeCard, warmCache])
    await submitTo(q, 2)
    await endAll(q, await claimAll(q, 'cards'), { kind: 'succeeded', result: null })
    await submitTo(q, 1)
    await bury(q, 'cards')
    const ended = await listHistory(q.db, { limit: 10 })
    assert.deepEqual(
      ended.map((job) => [job.task, job.status, job.reason]),
      [
        ['card.charge', 'failed', 'permanent'],
        ['card.charge', 'succeeded', null],
        ['card.charge', 'succeeded', null],
      ],
    )
  })

  test('goes through what has failed, page by page', async () => {
    await using q = await testQueue([chargeCard, warmCache])
    const { db } = q
    await submitTo(q, 150)
    await bury(q, 'cards')
    const reported = new Set<string>()
    const report = (id: string, _: string | null, __: readonly object[]): unknown => reported.add(id)
    // example: list
    let after: EndedJob | undefined
    do {
      const page = await listHistory(db, { limit: 100, status: 'failed', queue: 'cards', ...(after && { after }) })
      for (const job of page) report(job.id, job.reason, job.errors)
      after = page.at(-1)
    } while (after !== undefined)
    // end of example
    assert.equal(reported.size, 150)
  })
})
