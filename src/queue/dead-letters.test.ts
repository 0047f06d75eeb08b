import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import { systemClock } from '../kernel/clock.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { newRandomId } from '../kernel/ids.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { COUNT_EXACT_MAX } from './count.ts'
import { countDeadLetters, discard, getDeadLetter, listDeadLetters, redrive } from './dead-letters.ts'
import { getOperation } from './operations.ts'
import { bury, claimAll, endAll, jobErrorOf, rowsIn } from './operators-test-kit.ts'
import { Payloads } from './payload/payloads.ts'
import { discardMatching, redriveEdited } from './redrive.ts'

const input = z.object({ n: z.number() })
const mail = task('mail.send', { input, queue: 'mail' })
const photo = task('photo.render', { input, output: z.object({ sum: z.number() }), queue: 'images' })

async function open(): Promise<TestQueue> {
  return testQueue([mail, photo])
}

const idsOf = (letters: readonly { readonly id: string }[]): readonly string[] => letters.map((letter) => letter.id)

async function buried(q: TestQueue, code: string, count: number): Promise<readonly string[]> {
  await q.submitMany(
    mail,
    Array.from({ length: count }, (_, n) => ({ n })),
  )
  return bury(q, 'mail', code)
}

describe('dead letters', () => {
  test('are listed newest first, page by page, each once', async () => {
    await using q = await open()
    const all = await buried(q, 'A', 25)
    const seen: string[] = []
    for (let after: { id: string; diedAt: Date } | undefined; ; ) {
      const page = await listDeadLetters(q.db, { limit: 7, ...(after === undefined ? {} : { after }) })
      seen.push(...idsOf(page))
      after = page.at(-1)
      if (page.length < 7) break
    }
    assert.equal(seen.length, 25)
    assert.deepEqual(seen.toSorted(), all.toSorted(), 'many die within a millisecond')
  })

  test('go on being listed after the last one seen has gone', async () => {
    await using q = await open()
    await buried(q, 'A', 3)
    const [first, ...rest] = await listDeadLetters(q.db, { limit: 3 })
    assert.ok(first !== undefined)
    await discard(q.db, [first.id])
    const page = idsOf(await listDeadLetters(q.db, { limit: 3, after: first }))
    for (const id of idsOf(rest)) assert.ok(page.includes(id))
  })

  test('are found by queue, task, reason, code and time', async () => {
    await using q = await open()
    const [old] = await buried(q, 'SMTP_DOWN', 1)
    await q.advance(60_000)
    const [young] = await buried(q, 'SMTP_REFUSED', 1)
    await q.submit(photo, { n: 1 })
    const [other] = await bury(q, 'images', 'SMTP_DOWN')
    assert.ok(old !== undefined && young !== undefined && other !== undefined)
    const list = async (filter: NonNullable<Parameters<typeof listDeadLetters>[1]['filter']>) => {
      const ids = idsOf(await listDeadLetters(q.db, { limit: 10, filter }))
      assert.deepEqual(await countDeadLetters(q.db, filter), { count: ids.length, isEstimate: false })
      return ids
    }
    const { diedAt } = await getDeadLetter(q.db, young)
    assert.deepEqual(await list({}), [other, young, old])
    assert.deepEqual(await list({ queue: 'mail' }), [young, old])
    assert.deepEqual(await list({ task: 'photo.render' }), [other])
    assert.deepEqual(await list({ code: 'SMTP_DOWN' }), [other, old])
    assert.deepEqual(await list({ code: 'SMTP_DOWN', queue: 'mail' }), [old])
    assert.deepEqual(await list({ reason: 'crashes' }), [])
    assert.deepEqual(await list({ diedBefore: diedAt }), [old])
    assert.deepEqual(await list({ diedAfter: diedAt, task: 'mail.send' }), [young])
    assert.deepEqual(await list({ ids: [old, newRandomId(), 'no id'] }), [old])
  })

  test('name the queue that was meant when there is none of that name', async () => {
    await using q = await open()
    await assert.rejects(
      listDeadLetters(q.db, { limit: 1, filter: { queue: 'imagse' } }),
      (error: unknown) =>
        isMillraceError(error, 'MILLRACE_QUEUE_NO_SUCH_QUEUE') && /is images meant/.test(error.message),
    )
  })

  test('keep the errors of all attempts', async () => {
    await using q = await open()
    await q.submit(mail, { n: 1 })
    await endAll(q, await claimAll(q, 'mail'), { kind: 'retry', afterMs: 0, error: jobErrorOf('FIRST') })
    await q.db.query('select * from millrace.promote(10, null)')
    const [id = ''] = await bury(q, 'mail', 'SECOND')
    const letter = await getDeadLetter(q.db, id)
    assert.deepEqual(
      [letter.errors.map((e) => e.code), letter.code, letter.attempt],
      [['FIRST', 'SECOND'], 'SECOND', 2],
    )
    assert.deepEqual([letter.queue, letter.payload, letter.priority], ['mail', '{"n":1}', 'normal'])
  })

  test('that are not there are told with a code', async () => {
    await using q = await open()
    for (const id of [newRandomId(), 'no id'])
      await assert.rejects(getDeadLetter(q.db, id), (error: unknown) =>
        isMillraceError(error, 'MILLRACE_QUEUE_DEAD_LETTER_UNKNOWN'),
      )
  })

  test('are counted up to COUNT_EXACT_MAX, and estimated past it', async () => {
    await using q = await open()
    const insert = (count: number, code: string) =>
      q.db.query(
        `insert into millrace.dead (id, lane, task, tracked, attempt, crashes, payload, errors, reason, died_at)
         select gen_random_uuid(), $1, 'mail.send', false, 1, 0, '{}', jsonb_build_array(jsonb_build_object('code', $2::text)),
                'permanent', millrace.now() from generate_series(1, $3)`,
        [q.lanes.get('mail').ready.normal, code, count],
      )
    await insert(COUNT_EXACT_MAX - 1, 'A')
    assert.deepEqual(await countDeadLetters(q.db), { count: COUNT_EXACT_MAX - 1, isEstimate: false })
    await insert(COUNT_EXACT_MAX + 1, 'B')
    await q.db.query('analyze millrace.dead')
    const all = await countDeadLetters(q.db)
    assert.ok(all.isEstimate && Math.abs(all.count - 2 * COUNT_EXACT_MAX) < COUNT_EXACT_MAX / 5, `${all.count}`)
    const ofTask = await countDeadLetters(q.db, { task: 'photo.render' })
    assert.deepEqual(ofTask, { count: 0, isEstimate: false })
  })

  test('come back with a clean slate, once, and their operation with them', async () => {
    await using q = await open()
    const job = await q.submit(photo, { n: 1 })
    await bury(q, 'images')
    assert.equal((await getOperation(q.db, job.id)).status, 'failed')
    assert.deepEqual(await redrive(q.db, [job.id]), [job.id])
    assert.deepEqual(await redrive(q.db, [job.id]), [])
    assert.equal((await getOperation(q.db, job.id)).status, 'queued')
    const [again] = await claimAll(q, 'images')
    assert.deepEqual([again?.id, again?.attempt], [job.id, 0])
  })

  test('are forgotten by id and by what they have in common', async () => {
    await using q = await open()
    const [first = ''] = await buried(q, 'A', 3)
    await buried(q, 'B', 2)
    assert.deepEqual(await discard(q.db, [first, newRandomId()]), [first])
    assert.deepEqual(await discardMatching(q.db, { code: 'A' }), { count: 2 })
    assert.equal(await rowsIn(q, 'dead'), 2)
  })
})

describe('a dead letter with another input', () => {
  const payloads = new Payloads({ clock: systemClock })

  test('is redriven when the input fits the schema of its task', async () => {
    await using q = await open()
    const [id = ''] = await buried(q, 'A', 1)
    await redriveEdited(q.db, { id, task: mail, input: { n: 7 } }, { payloads })
    const [job] = await claimAll(q, 'mail')
    assert.deepEqual([job?.id, job?.entry.inputOf(0)], [id, { n: 7 }])
  })

  test('stays dead when the input does not fit', async () => {
    await using q = await open()
    const [id = ''] = await buried(q, 'A', 1)
    await assert.rejects(
      redriveEdited(q.db, { id, task: mail, input: { n: 'x' } as never }, { payloads }),
      (error: unknown) => isMillraceError(error, 'MILLRACE_QUEUE_INPUT_INVALID'),
    )
    assert.equal(await rowsIn(q, 'dead'), 1)
  })

  test('is not taken for one of another task', async () => {
    await using q = await open()
    const [id = ''] = await buried(q, 'A', 1)
    await assert.rejects(redriveEdited(q.db, { id, task: photo, input: { n: 1 } }, { payloads }), (error: unknown) =>
      isMillraceError(error, 'MILLRACE_QUEUE_DEAD_LETTER_UNKNOWN'),
    )
  })

  test('has an input of the version of the release that redrives it', async () => {
    await using q = await open()
    const [id = ''] = await buried(q, 'A', 1)
    const second = task('mail.send', { input, queue: 'mail', version: 2, upcast: { 1: (old) => old } })
    await redriveEdited(q.db, { id, task: second, input: { n: 1 } }, { payloads })
    const [job] = await claimAll(q, 'mail')
    assert.deepEqual(job?.entry.headers, { version: '2' })
  })
})
