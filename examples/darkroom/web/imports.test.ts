import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { before, describe, test } from 'node:test'
import { type TestApp, testApp, until } from 'millrace/testing'
import sharp from 'sharp'
import app from '../app.ts'
import { archiveKey } from '../contract/files.ts'
import { importPhotos, undoImport } from '../contract/imports.ts'
import { renderPhoto } from '../contract/photos.ts'
import { imports } from '../data/imports.ts'
import { type ShownImport, type Uploaded, type Visitor, visitor } from '../test/visitor.ts'
import { type ZippedFile, zip } from '../test/zip.ts'

const IDLE_MS_MAX = 60_000

describe('the imports of Darkroom', () => {
  let archive: Uint8Array
  before(async () => {
    archive = zip([await picture('red.jpg'), await picture('blue.jpg'), { name: 'a.txt', bytes: Buffer.from('text') }])
  })

  async function picture(name: string): Promise<ZippedFile> {
    const background = name.replace('.jpg', '')
    const image = sharp({ create: { width: 24, height: 16, channels: 3, background } })
    return { name, bytes: await image.jpeg().toBuffer() }
  }

  async function opened(t: TestApp, user = 'ada'): Promise<Visitor> {
    return visitor(await t.url(), user)
  }
  const accepted = async (response: Response) => (await response.json()) as Uploaded
  const show = (a: Visitor, id: string) => a.json<ShownImport>(`/api/imports/${id}`)
  const list = async (a: Visitor) => (await a.json<{ imports: ShownImport[] }>('/api/imports')).imports
  const photoNames = async (a: Visitor) =>
    (await a.json<{ photos: { name: string }[] }>('/api/photos')).photos.map(({ name }) => name).sort()
  const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
  const post = (a: Visitor, path: string) => a.fetch(path, { method: 'POST' })
  const remove = (a: Visitor, path: string) => a.fetch(path, { method: 'DELETE' })

  test('an uploaded archive is accepted with an operation that leads to the import', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const response = await a.import(archive, { name: 'Übersee 2024.zip' })
    const { id, name, operation } = await accepted(response)
    assert.deepEqual([response.status, response.headers.get('location'), name], [202, operation, 'Übersee 2024.zip'])
    assert.equal((await show(a, id)).status, 'importing')
    await t.untilIdle()
    const ended = await a.fetch(operation)
    assert.deepEqual([ended.status, ended.headers.get('location')], [303, `/api/imports/${id}`])
    const shown = await show(a, id)
    assert.deepEqual(
      [shown.status, shown.photos, shown.leftOutCount],
      ['imported', { processing: 0, ready: 2, failed: 0, cancelled: 0 }, 1],
    )
    assert.deepEqual([shown.leftOut[0]?.file, shown.leftOut[0]?.code], ['a.txt', 'DARKROOM_FILE_NOT_A_PICTURE'])
    assert.deepEqual(shown.latest.map(({ name: of }) => of).sort(), ['blue.jpg', 'red.jpg'])
    assert.deepEqual(await photoNames(a), ['blue.jpg', 'red.jpg'])
  })

  test('what does not begin as a ZIP is refused, and so are two at once; nothing is stored', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    for (const bytes of [Buffer.from('hello'), (await picture('red.jpg')).bytes, Buffer.from('')])
      assert.equal((await a.import(bytes)).status, 415)
    const body = new FormData()
    for (const name of ['a.zip', 'b.zip']) body.append('archive', new Blob([Uint8Array.from(archive)]), name)
    assert.equal((await a.fetch('/api/imports', { method: 'POST', body })).status, 413)
    assert.deepEqual([await list(a), await t.enqueued(importPhotos)], [[], []])
  })

  test('a repeated upload with the same key is one import', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const key = randomUUID()
    const first = await accepted(await a.import(archive, { key }))
    assert.deepEqual(await accepted(await a.import(archive, { key })), first)
    assert.equal((await t.enqueued(importPhotos)).length, 1)
  })

  test('an import is listed for its uploader until it is put away', async () => {
    await using t = await testApp(app)
    const [a, b] = [await opened(t), await opened(t, 'grace')]
    const { id } = await accepted(await a.import(archive))
    assert.deepEqual([(await list(a)).map((one) => one.id), await list(b)], [[id], []])
    assert.equal((await post(a, `/api/imports/${id}/put-away`)).status, 204)
    assert.deepEqual(await list(a), [])
    assert.equal((await show(a, id)).id, id)
  })

  test('the imports of a user run one after the other, and those of another do not wait for them', async () => {
    await using t = await testApp(app, { concurrency: 4 })
    const [a, b] = [await opened(t), await opened(t, 'grace')]
    const [first, second] = [await accepted(await a.import(archive)), await accepted(await a.import(archive))]
    const other = await accepted(await b.import(archive))
    const statuses = () =>
      Promise.all([first, second, other].map(async ({ operation }) => (await t.operation(basename(operation))).status))
    await using held = await holdImport(t, first.id)
    const working = t.untilIdle({ timeoutMs: IDLE_MS_MAX })
    await until("the other's is done", async () => (await statuses())[2] === 'succeeded')
    assert.deepEqual(await statuses(), ['running', 'queued', 'succeeded'])
    await held.letGo()
    const ran = (await working).filter(({ task }) => task === importPhotos.name).map(({ id }) => id)
    assert.deepEqual(
      ran,
      [first, other, second].map(({ operation }) => basename(operation)),
    )
    assert.deepEqual(await statuses(), ['succeeded', 'succeeded', 'succeeded'])
  })

  /** Keeps an import from making photos, so that it cannot end. */
  async function holdImport(t: TestApp, id: string) {
    const [locked, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const holding = t.db.transaction(async () => {
      await imports(t.db).lock(id)
      locked.resolve()
      await free.promise
    })
    await locked.promise
    const letGo = () => {
      free.resolve()
      return holding
    }
    return { letGo, [Symbol.asyncDispose]: letGo }
  }

  test('an import is of low priority, and in the turns of its user', async () => {
    await using t = await testApp(app)
    await (await opened(t)).import(archive)
    const { rows } = await t.db.query<{ key: string; tenant: string; priority: string }>(
      `select (place).key, (place).tenant, (place).priority from millrace.entry where task = 'photo.import'`,
    )
    assert.deepEqual([rows[0]?.tenant, rows[0]?.priority], [rows[0]?.key, 'low'])
  })

  test('cancelled through its operation while it waits, it never starts; tried again, it does', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const { id, operation } = await accepted(await a.import(archive))
    assert.equal((await post(a, `/api/imports/${id}/retry`)).status, 409)
    assert.equal((await remove(a, operation)).status, 200)
    await t.untilIdle()
    assert.deepEqual([(await show(a, id)).status, await photoNames(a)], ['cancelled', []])
    const again = await post(a, `/api/imports/${id}/retry`)
    assert.equal(again.status, 202)
    assert.equal(((await again.json()) as ShownImport).status, 'importing')
    await t.untilIdle()
    assert.deepEqual([(await show(a, id)).status, await photoNames(a)], ['imported', ['blue.jpg', 'red.jpg']])
  })

  test('one that failed says so, keeps its archive, and goes on when it is tried again', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const { id, operation } = await accepted(await a.import(archive))
    t.fail('handler:before', { task: importPhotos, times: 5 })
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await t.untilIdle()
      await t.advance(20 * 60_000)
    }
    assert.equal((await show(a, id)).status, 'failed')
    const again = (await (await post(a, `/api/imports/${id}/retry`)).json()) as ShownImport
    assert.deepEqual([again.status, again.operation], ['importing', operation])
    await t.untilIdle()
    assert.equal((await show(a, id)).status, 'imported')
  })

  test('one whose uploader is disabled while it runs makes no further photo, and fails', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const { bytes } = await picture('red.jpg')
    const many = Array.from({ length: 50 }, (_, n) => ({ name: `${n}.jpg`, bytes }))
    const { id, operation } = await accepted(await a.import(zip(many)))
    // with the first pictures that come out of it
    await t.db.query(`
      create function disable() returns trigger language plpgsql as $$
      begin update millrace.account set disabled_at = now(); return null; end $$;
      create trigger zz_disable after insert on photo for each statement execute function disable()`)
    await t.untilIdle({ timeoutMs: IDLE_MS_MAX })
    assert.equal((await t.operation(basename(operation))).error?.code, 'DARKROOM_ACCOUNT_GONE')
    const came = (await imports(t.db).photoIds(id)).size
    assert(came > 0 && came < many.length, `${came} came`)
  })

  test('one whose last photos were cancelled is done, and says how many they are', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const { id } = await accepted(await a.import(archive))
    await t.runJob(importPhotos, { importId: id, uploader: a.account })
    for (const { id: job } of await t.enqueued(renderPhoto)) await remove(a, `/operations/${job}`)
    assert.deepEqual((await show(a, id)).photos, { processing: 0, ready: 0, failed: 0, cancelled: 2 })
  })

  test('taken back while it waits, nothing comes of it', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const { id, operation } = await accepted(await a.import(archive))
    assert.equal((await remove(a, `/api/imports/${id}`)).status, 202)
    await t.untilIdle()
    assert.equal((await a.json<{ status: string }>(operation)).status, 'cancelled')
    assert.deepEqual([(await show(a, id)).status, await photoNames(a)], ['takenBack', []])
    assert.equal(await t.blobs.find(archiveKey(id)), undefined)
  })

  test('taken back when some of it has come, its photos go and are not rendered any more', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const [whole, half] = [await accepted(await a.import(archive)), await accepted(await a.import(archive))]
    await t.untilIdle()
    const { importId, uploader } = { importId: half.id, uploader: a.account }
    await t.blobs.put(
      archiveKey(importId),
      zip([...(await Promise.all(['red.jpg', 'blue.jpg', 'lime.jpg'].map(picture)))]),
    )
    await t.runJob(importPhotos, { importId, uploader }) // a fourth picture of a job that was interrupted
    const taken = await remove(a, `/api/imports/${half.id}`)
    assert.equal(((await taken.json()) as { photos: number }).photos, 3)
    assert.deepEqual(await photoNames(a), ['blue.jpg', 'red.jpg'])
    const { result } = await t.runJob(undoImport, { importId, uploader }) // by itself: a worker might render faster
    assert.deepEqual(result, { cancelled: 1 })
    await t.untilIdle()
    const { rows } = await t.db.query<{ status: string }>(
      `select o.status from photo p join millrace.operation o on o.id = p.operation where p.name = 'lime.jpg'`,
    )
    assert.deepEqual(rows, [{ status: 'cancelled' }])
    assert.deepEqual([(await show(a, whole.id)).status, (await show(a, half.id)).status], ['imported', 'takenBack'])
    assert.equal(await codeOf(await remove(a, `/api/imports/${half.id}`)), 'DARKROOM_IMPORT_TAKEN_BACK')
  })

  test('what there is not is a problem with a code', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const path = `/api/imports/${randomUUID()}`
    const answers = [a.fetch(path), remove(a, path), post(a, `${path}/retry`), post(a, `${path}/put-away`)]
    for (const answer of await Promise.all(answers))
      assert.equal(await codeOf(answer), 'MILLRACE_CONTRACT_OBJECT_UNKNOWN')
    assert.equal((await a.fetch('/api/imports/no-id')).status, 400)
  })
})
