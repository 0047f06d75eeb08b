import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { testDatabase } from 'millrace/testing'
import app from '../app.ts'
import { photos } from '../data/photos.ts'
import { renders } from '../data/renders.ts'
import { asJson, etagOfPhoto, photoJson } from './photo-json.ts'

describe('the JSON of a photo', () => {
  test('shows as failed a photo whose operation ended and was forgotten before anyone could note it', async () => {
    await using t = await testDatabase(app)
    const [id, operation] = [randomUUID(), randomUUID()]
    const archive = photos(t.db)
    await archive.add([{ id, name: 'a', operation, bytes: 1, mediaType: 'image/png', uploadedAt: new Date() }])
    const shown = async () => {
      const photo = await archive.find(id)
      const [json] = photo === undefined ? [] : await asJson(t.db, [photo])
      return photoJson.parse(json)
    }
    const lost = await shown()
    assert.deepEqual([lost.status, lost.operation, lost.problem?.code], ['failed', null, 'DARKROOM_PHOTO_UNFINISHED'])

    await renders(t.db).fail(id, 'DARKROOM_PHOTO_UNREADABLE', 'It is broken.')
    const failed = await shown()
    assert.deepEqual(failed.problem, { code: 'DARKROOM_PHOTO_UNREADABLE', detail: 'It is broken.' })
    assert.notEqual(etagOfPhoto(failed), etagOfPhoto(lost))
    assert.equal(etagOfPhoto(failed), etagOfPhoto(await shown()))
  })
})
