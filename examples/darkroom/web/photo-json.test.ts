import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type TestDatabase, testDatabase } from 'millrace/testing'
import app from '../app.ts'
import { photos } from '../data/photos.ts'
import { renders } from '../data/renders.ts'
import { granted, nobody, OWNER, person } from '../test/people.ts'
import { etagOfPhoto, oneAsJson, photoJson } from './photo-json.ts'

describe('the JSON of a photo', () => {
  let t: TestDatabase
  before(async () => {
    t = await testDatabase(app)
  })
  after(() => t[Symbol.asyncDispose]())

  async function added(): Promise<string> {
    const [id, operation] = [randomUUID(), randomUUID()]
    await photos(t.db).add([
      { id, name: 'a', operation, bytes: 1, mediaType: 'image/png', uploadedAt: new Date(), owner: OWNER },
    ])
    return id
  }
  const shown = async (id: string) => {
    const photo = await granted(t.db, 'see', id)
    return photoJson.parse(await oneAsJson({ db: t.db, people: nobody }, photo, person(OWNER)))
  }

  test('shows as failed a photo whose operation ended and was forgotten before anyone could note it, and notes it', async () => {
    const id = await added()
    const lost = await shown(id)
    assert.deepEqual([lost.status, lost.operation, lost.problem?.code], ['failed', null, 'DARKROOM_PHOTO_UNFINISHED'])
    assert.equal(lost.canRetry, true)
    assert.equal((await photos(t.db).find(id))?.status, 'failed')
    assert.equal(etagOfPhoto(await shown(id)), etagOfPhoto(lost))
  })

  test('shows what its render found wrong with it', async () => {
    const id = await added()
    await renders(t.db).fail(id, 'DARKROOM_PHOTO_UNREADABLE', 'It is broken.')
    const failed = await shown(id)
    assert.deepEqual(failed.problem, { code: 'DARKROOM_PHOTO_UNREADABLE', detail: 'It is broken.' })
    assert.equal(failed.canRetry, false)
  })
})
