import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type TestDatabase, testDatabase } from 'millrace/testing'
import app from '../app.ts'
import { granted, OWNER } from '../test/people.ts'
import { type Photos, photos } from './photos.ts'
import { type Findings, type MadeRendition, renders } from './renders.ts'

const FINDINGS: Findings = {
  width: 4000,
  height: 3000,
  takenAt: { text: '2024-05-01T10:20:30+02:00', instant: new Date('2024-05-01T08:20:30Z') },
  camera: 'Nordlicht N7',
  lens: null,
  exposure: { time: '1/250', aperture: 2.8, iso: 400, focalLength: 35 },
  position: { latitude: 57.05, longitude: 8.48, altitude: null },
  colours: ['#ff0000', '#00ff00'],
  placeholder: 'HdcJFYJNPImvaJiKlYiGVsJAAh0V',
  looks: null,
}
const rendition = (format: MadeRendition['format'], hash = 'a'): MadeRendition => ({
  ...{ file: `320-${hash}.${format}`, format, size: 320, width: 320, height: 240, bytes: 9_000 },
})

describe('photos', () => {
  let t: TestDatabase
  let archive: Photos
  before(async () => {
    t = await testDatabase(app)
    archive = photos(t.db)
  })
  after(() => t[Symbol.asyncDispose]())

  async function added(uploadedAt = new Date('2026-01-01T00:00:00Z')): Promise<string> {
    const id = randomUUID()
    const about = { name: 'a.jpg', operation: randomUUID(), bytes: 1_000, mediaType: 'image/jpeg' }
    await archive.add([{ id, ...about, uploadedAt, owner: OWNER }])
    return id
  }

  test('a new photo is being processed, and nothing is known of its picture', async () => {
    const photo = await archive.find(await added())
    assert.deepEqual(
      [photo?.status, photo?.width, photo?.colours, photo?.renditions, photo?.duplicate_of],
      ['processing', null, [], [], null],
    )
  })

  test('what the worker found out is there when its transaction commits, and not when it is rolled back', async () => {
    const id = await added()
    const finish = () => renders(t.db).finish(id, FINDINGS, [rendition('avif'), rendition('jpeg')])
    const failing = t.db.transaction(async () => {
      await finish()
      throw new Error('no')
    })
    await assert.rejects(failing, /no/)
    assert.equal((await archive.find(id))?.status, 'processing')
    await t.db.transaction(finish)
    const photo = await archive.find(id)
    assert.equal(photo?.status, 'ready')
    assert.deepEqual(photo?.exposure, FINDINGS.exposure)
    assert.deepEqual(photo?.colours, FINDINGS.colours)
    assert.equal(photo?.shown_at.toISOString(), '2024-05-01T08:20:30.000Z')
    assert.deepEqual(photo?.renditions[0], {
      file: '320-a.avif',
      format: 'avif',
      width: 320,
      height: 240,
      bytes: 9_000,
    })
  })

  test('a photo that is rendered twice has the second set of renditions, and no other', async () => {
    const id = await added()
    await t.db.transaction(() => renders(t.db).finish(id, FINDINGS, [rendition('avif', 'a'), rendition('webp', 'a')]))
    await t.db.transaction(() => renders(t.db).finish(id, FINDINGS, [rendition('avif', 'b')]))
    assert.deepEqual(
      (await archive.find(id))?.renditions.map((r) => r.file),
      ['320-b.avif'],
    )
  })

  test('two renditions of one size and format cannot be stored', async () => {
    const id = await added()
    await assert.rejects(
      t.db.transaction(() => renders(t.db).finish(id, FINDINGS, [rendition('avif', 'a'), rendition('avif', 'b')])),
      { code: '23505' },
    )
  })

  test('a failure is noted with its problem, unless the photo has become ready', async () => {
    const [broken, ready] = [await added(), await added()]
    await t.db.transaction(() => renders(t.db).finish(ready, FINDINGS, [rendition('avif')]))
    for (const id of [broken, ready]) await renders(t.db).fail(id, 'DARKROOM_X', 'It is broken.')
    assert.deepEqual(
      [(await archive.find(broken))?.status, (await archive.find(broken))?.problem_code],
      ['failed', 'DARKROOM_X'],
    )
    assert.equal((await archive.find(ready))?.status, 'ready')
  })

  test('a photo that failed and is rendered after all is ready, without its problem', async () => {
    const id = await added()
    await renders(t.db).fail(id, 'DARKROOM_X', 'It is broken.')
    await t.db.transaction(() => renders(t.db).finish(id, FINDINGS, [rendition('avif')]))
    const photo = await archive.find(id)
    assert.deepEqual([photo?.status, photo?.problem_code], ['ready', null])
  })

  test('finishing a photo that was purged says so', async () => {
    assert.equal(await renders(t.db).finish(randomUUID(), FINDINGS, [rendition('avif')]), false)
  })

  test('an edit changes what it names, and nothing else', async () => {
    const id = await added()
    await archive.edit(await granted(t.db, 'edit', id), { title: 'Dunes', caption: 'At dusk' })
    await archive.edit(await granted(t.db, 'edit', id), { caption: null })
    await archive.edit(await granted(t.db, 'edit', id), {})
    const photo = await archive.find(id)
    assert.deepEqual([photo?.title, photo?.caption], ['Dunes', null])
  })

  test('a deleted photo is nowhere, cannot be deleted again, and comes back when it is restored', async () => {
    const id = await added()
    await t.db.transaction(() => renders(t.db).finish(id, FINDINGS, [rendition('avif')]))
    assert.equal(await archive.remove(await granted(t.db, 'remove', id), new Date()), true)
    assert.equal(await archive.remove(await granted(t.db, 'remove', id), new Date()), false)
    assert.equal(await archive.find(id), undefined)
    await archive.restore(await granted(t.db, 'restore', id))
    assert.equal((await archive.find(id))?.renditions.length, 1)
    assert.equal((await archive.findRendition(await granted(t.db, 'see', id), '320-a.avif'))?.bytes, 9_000)
  })

  test('pages follow one another without gap or repeat, the newest first, equal times included', async () => {
    await using own = await testDatabase(app)
    const list = photos(own.db)
    const about = { name: 'a.jpg', operation: randomUUID(), bytes: 1, mediaType: 'image/jpeg', owner: OWNER }
    const times = ['2026-01-03', '2026-01-01', '2026-01-02', '2026-01-02', '2026-01-02']
    await list.add(times.map((time) => ({ id: randomUUID(), ...about, uploadedAt: new Date(time) })))
    const seen: string[] = []
    const days: string[] = []
    for (let last: { at: Date; id: string } | undefined, n = 0; n < 5; n++) {
      const [photo] = await list.list({ owner: OWNER }, 1, last)
      assert(photo)
      seen.push(photo.id)
      days.push(photo.shown_at.toISOString().slice(0, 10))
      last = { at: photo.shown_at, id: photo.id }
    }
    assert.equal(new Set(seen).size, 5)
    assert.deepEqual(days, ['2026-01-03', '2026-01-02', '2026-01-02', '2026-01-02', '2026-01-01'])
  })

  test('a page is read from the index of the archive, however many photos there are', async () => {
    await using own = await testDatabase(app)
    await own.db.query(
      `insert into photo (id, name, operation, bytes, media_type, owner, uploaded_at, shown_at)
       select gen_random_uuid(), 'a.jpg', gen_random_uuid(), 1, 'image/jpeg', '${OWNER}', at, at
         from generate_series(1, 20000) as n, lateral (select timestamptz '2020-01-01' + n * interval '1 hour' as at) as t`,
    )
    await own.db.query('analyze photo')
    const { rows } = await own.db.query<{ 'QUERY PLAN': string }>(
      `explain select id from photo where owner = '${OWNER}' and deleted_at is null and (shown_at, id) < ('2021-01-01', '${randomUUID()}')
        order by shown_at desc, id desc limit 50`,
    )
    assert.match(rows.map((row) => row['QUERY PLAN']).join('\n'), /Index.* Scan using photo_archive/)
  })
})
