import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { testApp } from 'millrace/testing'
import app from '../app.ts'
import { archiveKey } from '../contract/files.ts'
import { importPhotos } from '../contract/imports.ts'
import { DAY_MS, IMPORT_DAYS_KEPT } from '../contract/limits.ts'
import { purgePhotos } from '../contract/photos.ts'
import { imports } from '../data/imports.ts'
import { grantedImport } from '../test/people.ts'

test('the archive of an import that was put away unfinished is kept while its job is under way, and no longer', async () => {
  await using t = await testApp(app)
  const nowMs = t.clock.now()
  async function putAway(operation: string): Promise<string> {
    const about = { id: randomUUID(), uploader: randomUUID(), name: 'a.zip', bytes: 2, operation }
    await t.blobs.put(archiveKey(about.id), Buffer.from('PK'))
    await imports(t.db).add({ ...about, uploadedAt: new Date(nowMs) })
    await imports(t.db).putAway(await grantedImport(t.db, about.id), new Date(nowMs))
    return about.id
  }
  const job = await t.submit(importPhotos, { importId: randomUUID(), uploader: randomUUID() })
  const [waiting, over] = [await putAway(job.id), await putAway(randomUUID())]
  await t.advance(2 * DAY_MS)
  assert.equal((await t.runJob(purgePhotos, {})).result.files, 1)
  assert.notEqual(await t.blobs.find(archiveKey(waiting)), undefined)
  assert.equal(await t.blobs.find(archiveKey(over)), undefined)
})

test('the purge takes archives that nobody needs any more, and imports that are long over', async () => {
  await using t = await testApp(app)
  const nowMs = t.clock.now()
  async function uploaded(daysAgo: number): Promise<string> {
    const id = randomUUID()
    await t.blobs.put(archiveKey(id), Buffer.from('PK'))
    const about = { id, uploader: randomUUID(), name: 'a.zip', bytes: 2, operation: randomUUID() }
    await imports(t.db).add({ ...about, uploadedAt: new Date(nowMs - daysAgo * DAY_MS) })
    return id
  }
  const [old, waiting, done, taken] = [await uploaded(29), await uploaded(1), await uploaded(1), await uploaded(1)]
  await imports(t.db).finish(done, { leftOut: [], leftOutCount: 0, canGoOn: false }, new Date(nowMs))
  await imports(t.db).takeBack(await grantedImport(t.db, taken), new Date(nowMs))
  const nobodys = randomUUID()
  await t.blobs.put(archiveKey(nobodys), Buffer.from('PK'))
  const kept = async (ids: readonly string[]) =>
    Promise.all(ids.map(async (id) => (await t.blobs.find(archiveKey(id))) !== undefined))

  assert.deepEqual((await t.runJob(purgePhotos, {})).result, { photos: 0, files: 0 }, 'all of them are of today')
  await t.advance((IMPORT_DAYS_KEPT - 28) * DAY_MS)
  assert.equal((await t.runJob(purgePhotos, {})).result.files, 4)
  assert.deepEqual(await kept([old, waiting, done, taken, nobodys]), [false, true, false, false, false])
  assert.deepEqual([await imports(t.db).find(old), (await imports(t.db).find(waiting))?.id], [undefined, waiting])
})
