/** Large and encrypted inputs on their whole way: submitted, stored, run, retried, dead and back. */
import { strict as assert } from 'node:assert'
import { rename } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { pino } from 'pino'
import type { Log } from '../kernel/log.ts'
import { listDeadLetters, redrive } from '../queue/dead-letters.ts'
import { blobPath, newKey, type PayloadQueue, payloadQueue } from '../queue/payload/payload-test-kit.ts'
import { INLINE_BYTES_MAX } from '../queue/payload/payloads.ts'
import { jobOf } from '../queue/payload/store.ts'
import { ended } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { letter, readLetter, readSealedLetter, sealedLetter } from './fixture/letters.ts'
import { type Handlers, handlers, type Isolation } from './handler.ts'

const LARGE = INLINE_BYTES_MAX + 1
const SECRET = 'the engine weaves algebraic patterns'
const body = (chars: number): string => SECRET.repeat(Math.ceil(chars / SECRET.length)).slice(0, chars)

const reading = (isolate: Isolation = 'none'): Handlers =>
  handlers([
    { task: letter, load: async () => ({ default: readLetter }), isolate },
    { task: sealedLetter, load: async () => ({ default: readSealedLetter }), isolate },
  ])

/** A log, and what was said in it. */
function heardLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = []
  return { log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }), lines }
}

async function resultOf(t: PayloadQueue, id: string): Promise<unknown> {
  const { status, result, error } = await ended(t.q, id)
  return status === 'succeeded' ? result : error?.code
}

async function payloadOf(t: PayloadQueue, id: string): Promise<string> {
  const { rows } = await t.q.db.query<{ payload: string }>('select payload from millrace.entry where id = $1', [id])
  return rows[0]?.payload ?? ''
}

async function dead(t: PayloadQueue) {
  const letters = await listDeadLetters(t.q.db, { limit: 10 })
  return letters.map(({ id, reason, errors }) => ({ id, reason, code: errors.at(-1)?.code }))
}

describe('a large input', () => {
  test('reaches its handler, and the log carries only its claim check', async () => {
    await using t = await payloadQueue([letter])
    const side = t.side()
    const job = await side.submit(letter, { body: body(LARGE) })
    assert.ok((await payloadOf(t, job.id)).length < 100)
    await side.work(reading())
    assert.deepEqual(await resultOf(t, job.id), { chars: LARGE })
  })

  test('among small ones of one submitMany has an entry of its own; each gets what is its own', async () => {
    await using t = await payloadQueue([letter])
    const side = t.side()
    const sizes = [1, LARGE, 2, 3, LARGE + 1, 4]
    const untracked = { ...letter, tracked: false }
    await side.submitMany(
      untracked,
      sizes.map((chars) => ({ body: body(chars) })),
    )
    const { rows } = await t.q.db.query<{ count: number; payload: string }>(
      'select count from millrace.entry order by seq',
    )
    assert.deepEqual(rows.map(({ count }) => count).sort(), [1, 1, 4])
    const jobs = await side.submitMany(
      letter,
      sizes.map((chars) => ({ body: body(chars) })),
    )
    await side.work(reading())
    for (const [n, { id }] of jobs.entries()) assert.deepEqual(await resultOf(t, id), { chars: sizes[n] })
  })

  test('outlives a failed attempt, the death of its job and its redrive', async () => {
    await using t = await payloadQueue([letter])
    const side = t.side()
    const { id } = await side.submit(letter, { body: body(LARGE), fails: true })
    await side.work(reading())
    await ended(t.q, id)
    assert.deepEqual(await dead(t), [{ id, reason: 'attempts', code: 'Error' }])
    await redrive(t.q.db, [id])
    const operation = await ended(t.q, id)
    assert.deepEqual([operation.error?.code, (await dead(t)).length], ['Error', 1])
    assert.deepEqual((await t.kept()).map(jobOf), [id])
  })

  test('whose blob is missing makes a dead letter at once, which runs when the blob is back', async () => {
    await using t = await payloadQueue([letter])
    const side = t.side()
    const { id } = await side.submit(letter, { body: body(LARGE) })
    const path = await blobPath(t, id)
    await rename(path, `${path}-away`)
    await side.work(reading())
    assert.equal(await resultOf(t, id), 'MILLRACE_QUEUE_PAYLOAD_MISSING')
    assert.deepEqual(await dead(t), [{ id, reason: 'permanent', code: 'MILLRACE_QUEUE_PAYLOAD_MISSING' }])
    await rename(`${path}-away`, path)
    await redrive(t.q.db, [id])
    assert.deepEqual(await resultOf(t, id), { chars: LARGE })
  })

  test('of a transaction that is rolled back was never submitted', async () => {
    await using t = await payloadQueue([letter])
    const side = t.side()
    await assert.rejects(
      t.q.db.transaction(async () => {
        await side.submit(letter, { body: body(LARGE) })
        throw new Error('back')
      }),
      /back/,
    )
    assert.deepEqual((await t.q.db.query('select from millrace.entry')).rows.length, 0)
  })
})

describe('an isolated handler', () => {
  test('gets its input fetched and decrypted inside its cell', async () => {
    const keys = newKey('k')
    await using t = await payloadQueue([letter, sealedLetter])
    const side = t.side(keys)
    const env = { MILLRACE_FIXTURE_URL: t.q.url, MILLRACE_FIXTURE_BLOBS: t.folder, PAYLOAD_KEYS: keys }
    Object.assign(process.env, env)
    await side.work(reading('thread'), { cellEntry: new URL('fixture/payload-cell.ts', import.meta.url) })
    const jobs = await Promise.all(
      [10, LARGE].flatMap((chars) => [
        side.submit(letter, { body: body(chars) }),
        side.submit(sealedLetter, { body: body(chars) }),
      ]),
    )
    const results = await Promise.all(jobs.map(({ id }) => resultOf(t, id)))
    assert.deepEqual(results, [{ chars: 10 }, { chars: 10 }, { chars: LARGE }, { chars: LARGE }])
    for (const name of Object.keys(env)) delete process.env[name]
  })
})

describe('an encrypted input', () => {
  test('is nowhere in plain: not while it waits, is retried or dead, not in its blob, not in the log', async () => {
    await using t = await payloadQueue([sealedLetter])
    const side = t.side(newKey('k'))
    const { log, lines } = heardLog()
    const inputs = [10, LARGE].map((chars) => ({ body: body(chars), fails: true }))
    await side.submitMany({ ...sealedLetter, tracked: false }, [{ body: SECRET }, { body: SECRET }])
    for (const delayMs of [0, 600_000]) for (const input of inputs) await side.submit(sealedLetter, input, { delayMs })
    assert.ok(!(await t.atRest()).includes('engine'))
    await side.work(reading(), { log })
    await until('two are dead', async () => (await dead(t)).length === 2)
    assert.ok(!(await t.atRest()).includes('engine'))
    assert.ok(lines.length > 0 && !lines.join().includes('engine'))
  })

  test('runs in a pack of its like', async () => {
    await using t = await payloadQueue([sealedLetter])
    const side = t.side(newKey('k'))
    const got: string[] = []
    const untracked = { ...sealedLetter, tracked: false, output: undefined }
    await side.submitMany(
      untracked,
      Array.from({ length: 20 }, (_, n) => ({ body: String(n) })),
    )
    const { rows } = await t.q.db.query<{ count: number }>('select count from millrace.entry')
    assert.ok(rows.some(({ count }) => count > 1))
    const noting = {
      ...readSealedLetter,
      run: async ({ input }: { input: { body: string } }) => void got.push(input.body),
    }
    await side.work(handlers([{ task: sealedLetter, load: async () => ({ default: noting as never }) }]))
    await until('all have run', () => got.length === 20)
    assert.deepEqual(
      got.map(Number).sort((a, b) => a - b),
      [...Array(20).keys()],
    )
  })

  test('K6: runs after its key was rotated, as long as the old key is known', async () => {
    await using t = await payloadQueue([sealedLetter])
    const [old, young] = [newKey('2025'), newKey('2026')]
    const jobs = [
      await t.side(old).submit(sealedLetter, { body: body(7) }),
      await t.side(old).submit(sealedLetter, { body: body(LARGE) }),
      await t.side(`${young},${old}`).submit(sealedLetter, { body: body(9) }),
    ]
    await t.side(`${young},${old}`).work(reading())
    const results = await Promise.all(jobs.map(({ id }) => resultOf(t, id)))
    assert.deepEqual(results, [{ chars: 7 }, { chars: LARGE }, { chars: 9 }])
  })

  test('whose key this process does not have waits, spends no attempt, and runs where the key is', async () => {
    await using t = await payloadQueue([sealedLetter])
    const keys = newKey('lost')
    const { log, lines } = heardLog()
    const { id } = await t.side(keys).submit(sealedLetter, { body: body(7) })
    const without = await t.side(newKey('other')).work(reading(), { log })
    await until('it waits', async () => {
      const { rows } = await t.q.db.query<{ attempt: number }>('select attempt from millrace.deferred where id = $1', [
        id,
      ])
      return rows[0]?.attempt === 0
    })
    assert.match(lines.join(''), /encrypted with the key .*lost.*MILLRACE_QUEUE_PAYLOAD_KEY_UNKNOWN/)
    await without.stop({ drainMs: 1_000 })
    await t.q.advance(60_000)
    await t.side(keys).work(reading())
    assert.deepEqual(await resultOf(t, id), { chars: 7 })
  })

  test('that was changed, or exchanged with that of another job, makes a dead letter at once', async () => {
    await using t = await payloadQueue([sealedLetter])
    const side = t.side(newKey('k'))
    const jobs = await side.submitMany(sealedLetter, [{ body: 'one' }, { body: 'two' }, { body: 'three' }])
    const [first, second, third] = jobs.map(({ id }) => id) as [string, string, string]
    const [one, two, three] = await Promise.all([first, second, third].map((id) => payloadOf(t, id)))
    const put = (id: string, payload = ''): Promise<unknown> =>
      t.q.db.query('update millrace.entry set payload = $2 where id = $1', [id, payload])
    await Promise.all([put(first, two), put(second, one)])
    await put(
      third,
      three?.replace(/(sealed":"..)(.)/, (_, head, c) => `${head}${c === 'A' ? 'B' : 'A'}`),
    )
    await side.work(reading())
    for (const id of [first, second, third]) assert.equal(await resultOf(t, id), 'MILLRACE_QUEUE_PAYLOAD_UNREADABLE')
    assert.deepEqual(
      (await dead(t)).map(({ reason }) => reason),
      ['permanent', 'permanent', 'permanent'],
    )
  })
})
