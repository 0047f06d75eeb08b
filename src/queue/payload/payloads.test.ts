/** How inputs are stored: as they are, in a blob, encrypted; and that nothing else is ever taken for any of these. */
import { strict as assert } from 'node:assert'
import { copyFile, truncate, writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { task } from '../../contract/task.ts'
import { systemClock } from '../../kernel/clock.ts'
import { isMillraceError } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import { isEnvelope, liesInBlob } from './envelope.ts'
import { payloadKeys } from './keys.ts'
import { blobPath, newKey, payloadQueue } from './payload-test-kit.ts'
import { FETCH_MS_MAX, INLINE_BYTES_MAX, KEEP_MS_MAX, PAYLOAD_BYTES_MAX, Payloads } from './payloads.ts'
import type { PayloadStore } from './store.ts'

const free = task('free', { input: z.unknown() })
const secret = task('secret', { input: z.unknown(), encrypted: true })
const withCode = (code: string) => (error: unknown) => isMillraceError(error, code)
const never = new AbortController().signal
const textOf = (bytes: number): string => JSON.stringify('x'.repeat(bytes - 2))
const idNow = (): string => newId(systemClock.now())

/** What a job's handler would get. */
async function roundTrip(
  payloads: Payloads,
  of: typeof free,
  text: string,
): Promise<{ stored: string; back: unknown }> {
  const id = idNow()
  const stored = await payloads.encode(of, id, text)
  return { stored, back: await payloads.decode({ id, task: of.name }, JSON.parse(stored), never) }
}

describe('a small input', () => {
  const payloads = new Payloads({ clock: systemClock })

  test('is stored as it is, the very same text', () => {
    const text = '{"a":1}'
    assert.equal(payloads.encode(free, idNow(), text), text)
  })

  for (const input of [
    { $millrace: { blob: '0123abcd', bytes: 7 } },
    { $millrace: { blob: '0123abcd', bytes: 7, key: 'k' } },
    { $millrace: { key: 'k', sealed: 'AAAA' } },
    { $millrace: { plain: { $millrace: { plain: 1 } } } },
    { $millrace: null },
    { $millrace: 1, more: 2 },
    { more: 2, $millrace: { blob: '0123abcd', bytes: 7 } },
    [{ $millrace: { blob: '0123abcd', bytes: 7 } }],
    '{"$millrace":{"blob":7}}',
  ]) {
    test(`that looks like an envelope comes back as what it is: ${JSON.stringify(input)}`, async () => {
      const { stored, back } = await roundTrip(payloads, free, JSON.stringify(input))
      assert.deepEqual(back, input)
      assert.equal(liesInBlob(stored), false)
    })
  }

  test('is no envelope for what it says further inside', () => {
    assert.equal(isEnvelope('{"a":{"$millrace":{"blob":7}}}'), false)
    assert.equal(isEnvelope('7'), false)
  })
})

describe('a large input', () => {
  test('is inline up to INLINE_BYTES_MAX, and in a blob from the next byte on', async () => {
    await using t = await payloadQueue([free])
    const { payloads } = t.side()
    const inline = await roundTrip(payloads, free, textOf(INLINE_BYTES_MAX))
    assert.equal(inline.stored.length, INLINE_BYTES_MAX)
    const large = await roundTrip(payloads, free, textOf(INLINE_BYTES_MAX + 1))
    assert.match(large.stored, /^\{"\$millrace":\{"blob":"[0-9a-f]{8}","bytes":65537\}\}$/)
    assert.equal(large.back, 'x'.repeat(INLINE_BYTES_MAX - 1))
    assert.equal((await t.kept()).length, 1)
  })

  test('is measured in bytes, not in characters', async () => {
    await using t = await payloadQueue([free])
    const text = JSON.stringify('é'.repeat(INLINE_BYTES_MAX / 2))
    const { stored, back } = await roundTrip(t.side().payloads, free, text)
    assert.deepEqual([liesInBlob(stored), back], [true, JSON.parse(text)])
  })

  test('may take PAYLOAD_BYTES_MAX, and not one byte more', async () => {
    await using t = await payloadQueue([free, secret])
    const { payloads } = t.side(newKey('k'))
    for (const kind of [free, secret]) {
      const { back } = await roundTrip(payloads, kind, textOf(PAYLOAD_BYTES_MAX))
      assert.equal(String(back).length, PAYLOAD_BYTES_MAX - 2)
      await assert.rejects(
        async () => payloads.encode(kind, idNow(), textOf(PAYLOAD_BYTES_MAX + 1)),
        withCode('MILLRACE_QUEUE_PAYLOAD_TOO_LARGE'),
      )
    }
    assert.equal((await t.kept()).length, 2)
  })

  test('is refused where there are no blobs', async () => {
    const payloads = new Payloads({ clock: systemClock })
    await assert.rejects(
      async () => payloads.encode(free, idNow(), textOf(INLINE_BYTES_MAX + 1)),
      withCode('MILLRACE_QUEUE_PAYLOAD_TOO_LARGE'),
    )
  })

  test('whose blob is gone, cut short, longer or other than it was, is told apart, and shown in no error', async () => {
    await using t = await payloadQueue([free])
    const { payloads } = t.side()
    const damage: Readonly<Record<string, (path: string) => Promise<void>>> = {
      MILLRACE_QUEUE_PAYLOAD_MISSING: async () => {
        for (const name of await t.kept()) await t.store.delete(name)
      },
      'MILLRACE_QUEUE_PAYLOAD_UNREADABLE: cut': (path) => truncate(path, 100),
      'MILLRACE_QUEUE_PAYLOAD_UNREADABLE: longer': (path) => writeFile(path, textOf(INLINE_BYTES_MAX + 2)),
      'MILLRACE_QUEUE_PAYLOAD_UNREADABLE: other': (path) => writeFile(path, 'hidden'.padEnd(INLINE_BYTES_MAX + 1)),
    }
    for (const [code, spoil] of Object.entries(damage)) {
      const id = idNow()
      const stored = JSON.parse(await payloads.encode(free, id, textOf(INLINE_BYTES_MAX + 1)))
      await spoil(await blobPath(t, id))
      await assert.rejects(
        async () => payloads.decode({ id, task: 'free' }, stored, never),
        (error: Error) =>
          isMillraceError(error, code.split(':')[0]) && !`${error.message} ${error.cause}`.includes('hid'),
        code,
      )
    }
  })

  test('that the store does not answer for is given up after a while, and may come later', async () => {
    const waiting: { readonly ms: number; readonly run: () => void }[] = []
    const clock = {
      ...systemClock,
      after(ms: number, run: () => void) {
        waiting.push({ ms, run })
        return { cancel: () => {} }
      },
    }
    const mute = { put: () => new Promise(() => {}), find: () => new Promise(() => {}) } as unknown as PayloadStore
    const payloads = new Payloads({ clock, store: mute })
    const keeping = payloads.encode(free, idNow(), textOf(INLINE_BYTES_MAX + 1))
    const fetching = payloads.decode(
      { id: idNow(), task: 'free' },
      { $millrace: { blob: '0123abcd', bytes: 9 } },
      never,
    )
    assert.deepEqual(
      waiting.map(({ ms }) => ms),
      [KEEP_MS_MAX, FETCH_MS_MAX],
    )
    for (const { run } of waiting) run()
    await assert.rejects(async () => keeping, withCode('MILLRACE_QUEUE_PAYLOAD_NOT_KEPT'))
    await assert.rejects(async () => fetching, withCode('MILLRACE_QUEUE_PAYLOAD_AWAY'))
  })

  test('is fetched no longer than its attempt lasts', async () => {
    await using t = await payloadQueue([free])
    const { payloads } = t.side()
    const id = idNow()
    const stored = JSON.parse(await payloads.encode(free, id, textOf(INLINE_BYTES_MAX + 1)))
    const aborted = AbortSignal.abort(new Error('cancelled'))
    await assert.rejects(async () => payloads.decode({ id, task: 'free' }, stored, aborted))
  })
})

describe('an encrypted input', () => {
  test('comes back, small or large, and is nowhere in plain', async () => {
    await using t = await payloadQueue([secret])
    const { payloads } = t.side(newKey('k'))
    for (const length of [0, 10, INLINE_BYTES_MAX + 1]) {
      const { stored, back } = await roundTrip(payloads, secret, JSON.stringify('plain'.repeat(length)))
      assert.deepEqual([back, stored.includes('plain')], ['plain'.repeat(length), false])
    }
    assert.ok(!(await t.atRest()).includes('plain'))
  })

  test('is that of every task when the setting says so', async () => {
    const payloads = new Payloads({ clock: systemClock, keys: payloadKeys(newKey('k')), isAllEncrypted: true })
    const { stored, back } = await roundTrip(payloads, free, '"plain"')
    assert.deepEqual([back, stored.includes('plain')], ['plain', false])
  })

  test('was perhaps stored before its task was encrypted: then it is read as it is', async () => {
    const keys = payloadKeys(newKey('k'))
    assert.equal(
      new Payloads({ clock: systemClock, keys }).decode({ id: idNow(), task: 'secret' }, 'plain', never),
      'plain',
    )
  })

  test('is refused where there is no key', () => {
    const payloads = new Payloads({ clock: systemClock })
    assert.throws(() => payloads.encode(secret, idNow(), '1'), withCode('MILLRACE_QUEUE_PAYLOAD_KEYS_MISSING'))
  })

  test('cannot be read as a blob’s of another job, even when the blobs are exchanged', async () => {
    await using t = await payloadQueue([secret])
    const { payloads } = t.side(newKey('k'))
    const [mine, other] = [idNow(), idNow()]
    const text = textOf(INLINE_BYTES_MAX + 1)
    const stored = JSON.parse(await payloads.encode(secret, mine, text))
    await payloads.encode(secret, other, text)
    await copyFile(await blobPath(t, other), await blobPath(t, mine))
    await assert.rejects(
      async () => payloads.decode({ id: mine, task: 'secret' }, stored, never),
      withCode('MILLRACE_QUEUE_PAYLOAD_UNREADABLE'),
    )
  })
})

describe('an envelope of a form that this release does not know', () => {
  for (const inside of [
    {},
    null,
    7,
    { blob: '0123abcd' },
    { blob: '../../x', bytes: 7 },
    { blob: '0123abcd', bytes: 7, key: 1 },
    { sealed: 'x' },
    { sealed: 1, key: 'k' },
  ]) {
    test(`is unreadable: ${JSON.stringify(inside)}`, () => {
      const payloads = new Payloads({ clock: systemClock, keys: payloadKeys(newKey('k')) })
      assert.throws(
        () => payloads.decode({ id: idNow(), task: 'free' }, { $millrace: inside }, never),
        withCode('MILLRACE_QUEUE_PAYLOAD_UNREADABLE'),
      )
    })
  }
})
