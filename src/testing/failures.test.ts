import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import { appOf, notesOf, runs, withNotes } from './fixture/app-of.ts'
import type { RanJob } from './ran-jobs.ts'

const HOUR_MS = 3_600_000
const write = task('write', { input: z.object({ text: z.string() }), tracked: true })
const follow = task('follow', { input: z.object({}), queue: 'other' })
const told = (ran: readonly RanJob[]) => ran.map((job) => [job.task, job.outcome, job.attempts])

/** What ran up to the `finally` of the handler. */
let finals: string[] = []

/** Writes its note at once: its effect and its end are two commits. */
const careless = appOf({
  handlers: [
    runs(write, async ({ input, db, job }) => {
      try {
        await db.query('insert into note (text) values ($1)', [`${input.text} ${job.attempt}`])
      } finally {
        finals.push('ended')
      }
    }),
  ],
})

/** Writes its note in the transaction that completes it. */
const careful = appOf({
  handlers: [
    runs(write, async ({ input, transaction, submit }) => {
      await transaction(async (tx) => {
        await tx.query('insert into note (text) values ($1)', [input.text])
        await submit(follow, {})
      })
    }),
    runs(follow, async () => {}),
  ],
})

describe('a worker that the test kills', () => {
  test('after the effects of a job is followed by one that runs the job again, without an attempt spent', async () => {
    await using t = await withNotes(careless)
    const { id } = await t.submit(write, { text: 'a' })
    const killed = t.fail('handler:after', { kill: true })
    assert.deepEqual(told(await t.untilIdle()), [['write', 'succeeded', 2]])
    assert.equal(killed.struck, 1)
    assert.deepEqual(await notesOf(t), ['a 1', 'a 1'], 'a handler that is not careful has its effect twice')
    assert.equal((await t.operation(id)).status, 'succeeded')
  })

  test('has done it once, when effects and completion are one transaction', async () => {
    await using t = await withNotes(careful)
    await t.submit(write, { text: 'a' })
    t.fail('handler:after', { kill: true, task: write })
    t.fail('settle', { kill: true })
    assert.deepEqual(told(await t.untilIdle()), [
      ['write', 'succeeded', 1],
      ['follow', 'succeeded', 2],
    ])
    assert.deepEqual(await notesOf(t), ['a'])
  })

  test('before its COMMIT has done nothing, and after a COMMIT whose answer is lost everything', async () => {
    await using t = await withNotes(careful)
    await t.submit(write, { text: 'a' })
    t.fail('commit', { kill: true })
    t.fail('commit:answer-lost', { kill: true })
    const [ran] = await t.untilIdle()
    assert.deepEqual([ran?.outcome, ran?.attempts], ['succeeded', 2])
    assert.deepEqual(await notesOf(t), ['a'])
  })

  test('stands still where it is: nothing of its handler runs on', async () => {
    finals = []
    await using t = await withNotes(careless)
    await t.submit(write, { text: 'a' })
    const stuck = appOf({
      handlers: [
        runs(write, async ({ db, job }) => {
          try {
            await db.transaction(async (tx) => {
              await tx.query('insert into note (text) values ($1)', [`in ${job.id}`])
            })
            finals.push('committed')
          } catch {
            finals.push('caught')
          } finally {
            finals.push('finally')
          }
        }),
      ],
    })
    await using s = await withNotes(stuck)
    await s.submit(write, { text: 'a' })
    s.fail('commit', { kill: true })
    await s.untilIdle()
    assert.deepEqual(finals, ['committed', 'finally'], 'of the second life only')
    assert.equal((await notesOf(s)).length, 1, 'and the first one holds no locks and no rows')
  })

  test('at any other point loses nothing either', async () => {
    for (const point of ['claim', 'handler:before', 'settle'] as const) {
      await using t = await withNotes(careless)
      await t.submitMany(write, [{ text: 'a' }, { text: 'b' }])
      t.fail(point, { kill: true })
      const ran = await t.untilIdle()
      assert.deepEqual(
        ran.map((job) => job.outcome),
        ['succeeded', 'succeeded'],
        point,
      )
    }
  })

  test('three times under the same job leaves a dead letter', async () => {
    await using t = await withNotes(careless)
    await t.submit(write, { text: 'a' })
    t.fail('handler:before', { kill: true, times: 3 })
    assert.deepEqual(told(await t.untilIdle()), [['write', 'failed', 3]])
    assert.deepEqual(
      (await t.dead()).map((letter) => letter.reason),
      ['crashes'],
    )
  })

  test('abandons the other jobs that it was running', async () => {
    const slow = task('slow', { input: z.object({}), queue: 'other' })
    const gate = Promise.withResolvers<void>()
    let begun = 0
    const app = appOf({
      handlers: [
        runs(write, async () => gate.promise),
        runs(slow, async ({ db }) => {
          begun += 1
          gate.resolve() // the other one goes on, and is killed; this one has a statement left
          if (begun === 1) await new Promise((resolve) => setTimeout(resolve, 1_000))
          await db.query("insert into note (text) values ('slow')")
        }),
      ],
    })
    await using t = await withNotes(app)
    await t.submit(write, { text: 'a' })
    await t.submit(slow, {})
    t.fail('handler:after', { kill: true, task: write })
    await t.untilIdle()
    assert.deepEqual([begun, await notesOf(t)], [2, ['slow']])
  })
})

describe('a failure that the test orders', () => {
  test('is an attempt that failed, when the handler throws', async () => {
    await using t = await withNotes(careless)
    await t.submit(write, { text: 'a' })
    const failed = t.fail('handler:before', { error: new Error('out of luck') })
    const [first] = await t.untilIdle()
    assert.deepEqual([first?.outcome, first?.errors[0]?.message], ['retrying', 'out of luck'])
    await t.advance(HOUR_MS)
    assert.deepEqual(told(await t.untilIdle()), [['write', 'succeeded', 1]])
    assert.equal(failed.struck, 1)
  })

  test('of the database is waited out by the engine: claiming and settling are tried again', async () => {
    await using t = await withNotes(careless)
    await t.submit(write, { text: 'a' })
    t.fail('claim')
    t.fail('settle', { times: 2 })
    assert.deepEqual(told(await t.untilIdle()), [['write', 'succeeded', 1]])
    assert.deepEqual(await notesOf(t), ['a 1'])
  })

  test('of a COMMIT is told as unknown: with the answer lost it has taken effect', async () => {
    for (const point of ['commit', 'commit:answer-lost'] as const) {
      await using t = await withNotes(careful)
      await t.submit(write, { text: 'a' })
      t.fail(point)
      const [ran] = await t.untilIdle()
      assert.equal(ran?.errors[0]?.code, 'MILLRACE_DATA_COMMIT_UNKNOWN')
      assert.deepEqual(await notesOf(t), point === 'commit' ? [] : ['a'])
      await t.advance(HOUR_MS)
      await t.untilIdle()
      assert.deepEqual(await notesOf(t), ['a'], 'once in the end')
    }
  })

  test('of submitting reaches whoever submits; with the answer lost the job is there', async () => {
    const submits = appOf({
      handlers: [
        runs(write, async ({ submit, job }) => {
          await submit(follow, {}, { idempotencyKey: job.idempotencyKey })
        }),
        runs(follow, async () => {}),
      ],
    })
    for (const point of ['submit', 'submit:answer-lost'] as const) {
      await using t = await withNotes(submits)
      await t.submit(write, { text: 'a' })
      t.fail(point)
      const first = await t.untilIdle()
      assert.equal(first.filter((job) => job.task === 'follow').length, point === 'submit' ? 0 : 1)
      await t.advance(HOUR_MS)
      const second = await t.untilIdle()
      assert.equal(second.filter((job) => job.task === 'follow').length, point === 'submit' ? 1 : 0, 'once in the end')
    }
  })

  test('strikes the application, not the test', async () => {
    await using t = await withNotes(careful)
    const order = t.fail('submit', { times: 9 })
    t.fail('commit', { times: 9 })
    await t.db.transaction(() => t.submit(write, { text: 'a' }))
    assert.equal(order.struck, 0)
  })

  test('strikes inline jobs; there is no process to kill there', async () => {
    await using t = await withNotes(careless)
    t.fail('handler:after', { error: new Error('late') })
    await assert.rejects(t.runJob(write, { text: 'a' }), /late/)
    t.fail('handler:after', { kill: true })
    await assert.rejects(t.runJob(write, { text: 'a' }), { code: 'MILLRACE_TESTING_KILLED' })
    assert.deepEqual(await notesOf(t), ['a 1', 'a 1'])
  })
})
