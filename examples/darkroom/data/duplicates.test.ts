import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import type { Database } from 'millrace/data'
import { testDatabase } from 'millrace/testing'
import app from '../app.ts'
import { granted, OWNER } from '../test/people.ts'
import { LOOKS_BITS_MAX, relinkAfter } from './duplicates.ts'
import { photos } from './photos.ts'
import { renders } from './renders.ts'

const NONE = {
  takenAt: null,
  camera: null,
  lens: null,
  exposure: null,
  position: null,
  colours: [],
  placeholder: 'AA==',
}
const FILE = { file: '320-a.avif', format: 'avif', size: 320, width: 320, height: 240, bytes: 1 } as const
const BASE = '0110100110010110'.repeat(4)

/** Flips bits, by their places from the left. */
const flipped = (looks: string, ...places: readonly number[]): string =>
  [...looks].map((bit, at) => (places.includes(at) ? String(1 - Number(bit)) : bit)).join('')

async function upload(db: Database, day: number, owner = OWNER): Promise<string> {
  const id = randomUUID()
  const about = { name: 'a.jpg', operation: randomUUID(), bytes: 1, mediaType: 'image/jpeg' }
  await photos(db).add([{ id, ...about, uploadedAt: new Date(Date.UTC(2026, 0, day)), owner }])
  return id
}

const finish = (db: Database, id: string, looks: string): Promise<boolean> =>
  db.transaction(() => renders(db).finish(id, { ...NONE, width: 4, height: 3, looks }, [FILE]))

async function uploadAndFinish(db: Database, day: number, looks: string, owner = OWNER): Promise<string> {
  const id = await upload(db, day, owner)
  await finish(db, id, looks)
  return id
}

const olderOf = async (db: Database, id: string): Promise<string | null | undefined> =>
  (await photos(db).find(id))?.duplicate_of

async function relinkAll(db: Database): Promise<void> {
  for (let last: string | undefined, isFirst = true; isFirst || last !== undefined; isFirst = false)
    last = (await relinkAfter(db, last)).last
}

describe('photos that look alike', () => {
  test('the younger one is linked to the oldest, at once', async () => {
    await using t = await testDatabase(app)
    const first = await uploadAndFinish(t.db, 1, BASE)
    const second = await uploadAndFinish(t.db, 2, BASE)
    const third = await uploadAndFinish(t.db, 3, flipped(BASE, 5))
    assert.deepEqual(await Promise.all([first, second, third].map((id) => olderOf(t.db, id))), [null, first, first])
  })

  test('hashes are alike up to the bound, wherever their bits differ, and not past it', async () => {
    await using t = await testDatabase(app)
    const first = await uploadAndFinish(t.db, 1, BASE)
    const spread = [0, 17, 33, 49, 5, 22, 38, 60]
    const within = await uploadAndFinish(t.db, 2, flipped(BASE, ...spread.slice(0, LOOKS_BITS_MAX)))
    assert.equal(await olderOf(t.db, within), first)
    const oneBand = await uploadAndFinish(t.db, 3, flipped(BASE, 16, 17, 18, 19, 20, 21, 22))
    assert.equal(await olderOf(t.db, oneBand), first)
    const past = flipped(BASE, ...spread.slice(0, LOOKS_BITS_MAX), 61)
    await using other = await testDatabase(app)
    await uploadAndFinish(other.db, 1, BASE)
    assert.equal(await olderOf(other.db, await uploadAndFinish(other.db, 2, past)), null)
  })

  test('the links are the same in whatever order, and however concurrently, photos are finished', async () => {
    const looks = [BASE, flipped(BASE, 1), flipped(BASE, 1, 30), flipped(BASE, 2, 3, 4, 5, 6, 7, 8), flipped(BASE, 60)]
    const run = async (order: readonly number[], isAtOnce: boolean): Promise<readonly number[]> => {
      await using t = await testDatabase(app)
      const ids: string[] = []
      for (const day of looks.keys()) ids.push(await upload(t.db, day + 1))
      const one = (n: number) => finish(t.db, ids[n] ?? '', looks[n] ?? '')
      if (isAtOnce) await Promise.all(order.map(one))
      else for (const n of order) await one(n)
      return await Promise.all(ids.map(async (id) => ids.indexOf((await olderOf(t.db, id)) ?? '')))
    }
    const expected = [-1, 0, 0, 0, 0]
    assert.deepEqual(await run([0, 1, 2, 3, 4], false), expected)
    assert.deepEqual(await run([4, 3, 2, 1, 0], false), expected)
    assert.deepEqual(await run([2, 0, 4, 1, 3], true), expected)
    assert.deepEqual(await run([3, 4, 1, 2, 0], true), expected)
  })

  test('a photo of another owner is none, however like it is', async () => {
    await using t = await testDatabase(app)
    await uploadAndFinish(t.db, 1, BASE, randomUUID())
    const own = await uploadAndFinish(t.db, 2, BASE)
    await uploadAndFinish(t.db, 1, BASE, randomUUID()) // older, but made later
    await relinkAll(t.db)
    assert.equal(await olderOf(t.db, own), null)
  })

  test('a photo without looks is no duplicate of anything', async () => {
    await using t = await testDatabase(app)
    for (const day of [1, 2]) {
      const id = await upload(t.db, day)
      await t.db.transaction(() => renders(t.db).finish(id, { ...NONE, width: 1, height: 1, looks: null }, [FILE]))
      assert.equal(await olderOf(t.db, id), null)
    }
  })

  test('a link to a deleted photo is not shown, and the night links to the oldest that is left', async () => {
    await using t = await testDatabase(app)
    const first = await uploadAndFinish(t.db, 1, BASE)
    const second = await uploadAndFinish(t.db, 2, BASE)
    const third = await uploadAndFinish(t.db, 3, BASE)
    await photos(t.db).remove(await granted(t.db, 'remove', first), new Date())
    assert.equal(await olderOf(t.db, third), null)
    await relinkAll(t.db)
    assert.deepEqual([await olderOf(t.db, second), await olderOf(t.db, third)], [null, second])
    await photos(t.db).restore(await granted(t.db, 'restore', first))
    await relinkAll(t.db)
    assert.deepEqual([await olderOf(t.db, second), await olderOf(t.db, third)], [first, first])
  })

  test('among many photos the nightly comparison finds what a comparison of all with all finds', async () => {
    await using t = await testDatabase(app)
    await t.db.query(`select setseed(0.5)`)
    await t.db.query(
      `insert into photo (id, name, operation, bytes, media_type, uploaded_at, shown_at, status, width, height, looks)
       select gen_random_uuid(), 'a.jpg', gen_random_uuid(), 1, 'image/jpeg', at, at, 'ready', 4, 3,
              case when n % 10 = 0 then set_bit(set_bit(B'${BASE}', n % 64, n / 64 % 2), n / 10 % 64, n % 3 % 2)
                   else (('x' || md5(n::text))::bit(128))::bit(64) end
         from generate_series(1, 3000) as n, lateral (select timestamptz '2020-01-01' + n % 977 * interval '1 hour' as at) as t`,
    )
    await relinkAll(t.db)
    const { rows } = await t.db.query<{ wrong: number; linked: number }>(
      `select count(*) filter (where duplicate_of is distinct from (
                select older.id from photo as older
                 where bit_count(older.looks # photo.looks) <= ${LOOKS_BITS_MAX}
                   and (older.uploaded_at, older.id) < (photo.uploaded_at, photo.id)
                 order by older.uploaded_at, older.id limit 1))::int as wrong,
              count(duplicate_of)::int as linked
         from photo`,
    )
    assert.equal(rows[0]?.wrong, 0)
    assert(Number(rows[0]?.linked) >= 299, `${rows[0]?.linked} are linked`)
  })
})
