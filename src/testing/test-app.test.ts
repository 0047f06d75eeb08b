import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { blobKey } from '../blobs/blobs.ts'
import { task } from '../contract/task.ts'
import { batchHandler } from '../worker/batch.ts'
import { PermanentError } from '../worker/handler.ts'
import { appOf, notesOf, runs, withNotes } from './fixture/app-of.ts'
import type { RanJob } from './ran-jobs.ts'
import { testApp } from './test-app.ts'

const name = z.object({ name: z.string().min(1) })
const greet = task('greet', { input: name, output: z.object({ text: z.string() }) })
const mail = task('mail', { input: z.object({ to: z.string(), urgent: z.boolean().default(false) }), queue: 'mail' })
const told = (ran: readonly RanJob[]) => ran.map((job) => [job.task, job.outcome, job.attempts])

const app = appOf({
  handlers: [
    runs(greet, async ({ input, progress, submit, transaction }) => {
      progress(0.5, 'thinking')
      return transaction(async (tx) => {
        await tx.query('insert into note (text) values ($1)', [`greeted ${input.name}`])
        await submit(mail, { to: input.name })
        return { text: `Hello, ${input.name}!` }
      })
    }),
    runs(mail, async ({ input, db }) => {
      if (input.to === 'nobody') throw new PermanentError('NO_SUCH_ADDRESS', 'nobody lives there')
      await db.query('insert into note (text) values ($1)', [`mailed ${input.to}`])
    }),
  ],
})

describe('an application under test', () => {
  test('has a database of its own', async () => {
    await using one = await withNotes(app)
    await using other = await withNotes(app)
    await one.db.query("insert into note (text) values ('here')")
    assert.deepEqual([await notesOf(one), await notesOf(other)], [['here'], []])
  })

  test('has blobs of its own, on which handlers and test agree', async () => {
    const keep = task('keep', { input: z.object({}), output: z.object({ bytes: z.number() }) })
    const keeper = runs(keep, async ({ blobs }) => ({ bytes: (await blobs.find(blobKey('a', 'b')))?.bytes ?? 0 }))
    await using t = await testApp(appOf({ handlers: [keeper] }))
    await t.blobs.put(blobKey('a', 'b'), Buffer.from('four'))
    assert.deepEqual((await t.runJob(keep, {})).result, { bytes: 4 })
  })

  test('runs a job inline: its result, its progress, its transaction', async () => {
    await using t = await withNotes(app)
    const { result, progress } = await t.runJob(greet, { name: 'Ada' })
    assert.deepEqual(result, { text: 'Hello, Ada!' })
    assert.deepEqual(progress, [{ done: 0.5, note: 'thinking' }])
    assert.deepEqual(await notesOf(t), ['greeted Ada'])
    assert.deepEqual(
      (await t.enqueued(mail)).map((job) => job.input),
      [{ to: 'Ada', urgent: false }],
    )
    assert.deepEqual(told(await t.untilIdle()), [['mail', 'succeeded', 1]], 'nothing of the inline job is left')
  })

  test('throws what an inline job throws, after the real checks', async () => {
    const wrong = task('wrong', { input: name, output: z.object({ text: z.string() }) })
    await using t = await testApp(appOf({ handlers: [runs(wrong, async () => ({ text: 7 }) as never)] }))
    await assert.rejects(t.runJob(wrong, { name: '' }), { code: 'MILLRACE_WORKER_INPUT_INVALID' })
    await assert.rejects(t.runJob(wrong, { name: 'Ada' }), { code: 'MILLRACE_WORKER_OUTPUT_INVALID' })
    await using other = await withNotes(app)
    await assert.rejects(other.runJob(mail, { to: 'nobody' }), { code: 'NO_SUCH_ADDRESS' })
  })

  test('rolls back what an inline job did in a transaction that fails', async () => {
    const fails = runs(greet, ({ transaction }) =>
      transaction(async (tx) => {
        await tx.query("insert into note (text) values ('lost')")
        throw new Error('on second thought')
      }),
    )
    await using t = await withNotes(appOf({ handlers: [fails] }))
    await assert.rejects(t.runJob(greet, { name: 'Ada' }), /on second thought/)
    assert.deepEqual(await notesOf(t), [])
  })

  test('gives an inline job the attempt and the signal that the test wants', async () => {
    const last = task('last', { input: z.object({}), output: z.boolean(), retry: { attempts: 3 } })
    const handled = runs(last, async ({ job, signal }) => job.isLastAttempt && signal.aborted)
    await using t = await testApp(appOf({ handlers: [handled] }))
    assert.equal((await t.runJob(last, {}, { attempt: 3, signal: AbortSignal.abort() })).result, true)
    assert.equal((await t.runJob(last, {})).result, false)
  })

  test('works off everything, what handlers submit included, and tells what ran', async () => {
    await using t = await withNotes(app)
    const { id } = await t.submit(greet, { name: 'Ada' })
    const [first, second] = await t.untilIdle()
    assert.deepEqual(first, {
      ...{ id, task: 'greet', input: { name: 'Ada' }, outcome: 'succeeded', attempts: 1, errors: [] },
      ...{ result: { text: 'Hello, Ada!' }, progress: [{ done: 0.5, note: 'thinking' }] },
    })
    assert.deepEqual(
      [second?.task, second?.outcome, second?.input],
      ['mail', 'succeeded', { to: 'Ada', urgent: false }],
    )
    assert.deepEqual(await notesOf(t), ['greeted Ada', 'mailed Ada'])
    assert.deepEqual((await t.operation(id)).result, { text: 'Hello, Ada!' })
    assert.deepEqual(await t.untilIdle(), [], 'and nothing twice')
  })

  test('runs batches, and tells of each of their jobs', async () => {
    const batching = batchHandler(
      mail,
      async ({ items }) =>
        items.map(({ input, progress }) => {
          progress(1, `of ${items.length}`)
          return input.to === 'nobody' ? new PermanentError('NO_SUCH_ADDRESS', 'nobody lives there') : undefined
        }) as never,
    )
    const entry = {
      task: mail,
      load: async () => ({ default: batching as never }),
      batch: { countMax: 10, waitMs: 20 },
    }
    await using t = await testApp(appOf({ handlers: [entry] }))
    await t.submitMany(mail, [{ to: 'Ada' }, { to: 'nobody' }])
    assert.deepEqual(
      (await t.untilIdle()).map((job) => [job.outcome, job.errors[0]?.code, job.progress[0]?.note]),
      [
        ['succeeded', undefined, 'of 2'],
        ['failed', 'NO_SUCH_ADDRESS', 'of 2'],
      ],
    )
    assert.deepEqual((await t.runJob(mail, { to: 'Ada' })).progress, [{ done: 1, note: 'of 1' }])
  })

  test('runs the jobs of a queue one after the other, in the order in which they were submitted', async () => {
    await using t = await withNotes(app)
    await t.submitMany(
      mail,
      ['a', 'b', 'c'].map((to) => ({ to })),
    )
    for (const to of ['d', 'e']) await t.submit(mail, { to })
    await t.untilIdle()
    assert.deepEqual(await notesOf(t), ['mailed a', 'mailed b', 'mailed c', 'mailed d', 'mailed e'])
  })

  test('shows dead letters with their input and their errors', async () => {
    await using t = await withNotes(app)
    await t.submit(mail, { to: 'nobody' })
    const [ran] = await t.untilIdle()
    assert.deepEqual([ran?.outcome, ran?.errors.map((error) => error.code)], ['failed', ['NO_SUCH_ADDRESS']])
    const [dead] = await t.dead(mail)
    assert.deepEqual([dead?.id, dead?.input, dead?.reason], [ran?.id, { to: 'nobody' }, 'permanent'])
    assert.deepEqual(await t.dead(greet), [])
  })

  test('X2: tells of jobs that ended before a handler could begin', async () => {
    await using t = await withNotes(app)
    await t.submit(mail, { to: 'Ada' })
    await t.db.query(`update millrace.entry set payload = '{"to":7}'`)
    const [ran] = await t.untilIdle()
    assert.deepEqual(
      [ran?.outcome, ran?.attempts, ran?.errors[0]?.code],
      ['failed', 0, 'MILLRACE_WORKER_INPUT_INVALID'],
    )
    assert.deepEqual(
      (await t.dead(mail)).map(({ input }) => input),
      [{ to: 7 }],
    )
    assert.deepEqual(await notesOf(t), [])
  })

  test('X3: runs nothing for a job whose task is called like a part of every object', async () => {
    await using t = await withNotes(app)
    for (const called of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      await t.submit(mail, { to: 'Ada' })
      await t.db.query(`update millrace.entry set task = $1`, [called])
      assert.deepEqual(told(await t.untilIdle()), [[called, 'parked', 0]])
    }
    assert.deepEqual([await notesOf(t), await t.dead()], [[], []])
    await t.submit(mail, { to: 'Bob' })
    assert.equal((await t.untilIdle()).length, 1)
  })

  test('leaves jobs alone between two runs', async () => {
    await using t = await withNotes(app)
    await t.untilIdle()
    await t.submit(mail, { to: 'Ada' })
    await t.submit(mail, { to: 'Bob', urgent: true })
    const waiting = await t.enqueued(mail)
    assert.deepEqual(
      waiting.map(({ input, attempts, dueAt }) => ({ ...input, attempts, dueAt })),
      [
        { to: 'Ada', urgent: false, attempts: 0, dueAt: null },
        { to: 'Bob', urgent: true, attempts: 0, dueAt: null },
      ],
    )
    assert.deepEqual(await t.enqueued(greet), [])
  })

  test('says what is still running when it does not become idle, and abandons it', async () => {
    const asleep = runs(mail, async ({ clock }) => clock.sleep(60_000))
    await using t = await testApp(appOf({ handlers: [asleep] }))
    const { id } = await t.submit(mail, { to: 'Ada' })
    await assert.rejects(t.untilIdle({ timeoutMs: 500 }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'MILLRACE_TESTING_NOT_IDLE')
      assert.match(error.message, new RegExp(`mail ${id} is running .attempt 1.; 1 timers wait .* 60000 ms`))
      return true
    })
    assert.equal((await t.enqueued(mail)).length, 1, 'its job is rescued')
  })

  test('keeps what jobs of encrypted tasks say secret, and shows it to the test', async () => {
    const secret = task('secret', { input: name, encrypted: true })
    await using t = await testApp(appOf({ handlers: [runs(secret, async () => {})] }))
    await t.submit(secret, { name: 'Ada' })
    assert.doesNotMatch(JSON.stringify((await t.db.query('select payload from millrace.entry')).rows), /Ada/)
    assert.deepEqual((await t.enqueued(secret))[0]?.input, { name: 'Ada' })
    assert.deepEqual(told(await t.untilIdle()), [['secret', 'succeeded', 1]])
  })

  test('without a worker side runs no jobs, and says so', async () => {
    const { worker: _worker, ...webOnly } = app
    await using t = await testApp({ ...webOnly, worker: undefined })
    await assert.rejects(t.untilIdle(), { code: 'MILLRACE_APP_HAS_NO_SIDE' })
    await assert.rejects(t.request('/'), { code: 'MILLRACE_APP_HAS_NO_SIDE' })
  })

  test('takes settings as the environment would give them, and refuses wrong ones', async () => {
    await assert.rejects(testApp(app, { env: { LEASE_MS: 'long' } }), { code: 'MILLRACE_SETTINGS_INVALID' })
  })
})
