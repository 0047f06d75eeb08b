/** An import that is cancelled while a real worker unpacks it: through its operation, then taken back. */
import { strict as assert } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type StartedApp, startApp, until } from 'millrace/testing'
import { listPhotos, picture } from './client.ts'
import { type ShownImport, type Uploaded, type Visitor, visitor } from './visitor.ts'
import { type ZippedFile, zip } from './zip.ts'

const APP = fileURLToPath(new URL('../app.ts', import.meta.url))
const PICTURES = 3_000
const WAIT_MS_MAX = 60_000

describe('an import that is being unpacked', { timeout: 200_000 }, () => {
  let app: StartedApp
  let someone: Visitor
  let id = ''
  before(async () => {
    app = await startApp(APP)
    someone = await visitor(app.url, 'ada')
    const { bytes } = await picture(1, 60, 40)
    const files: ZippedFile[] = Array.from({ length: PICTURES }, (_, n) => ({ name: `${n}.jpg`, bytes, method: 0 }))
    id = ((await (await someone.import(zip(files))).json()) as Uploaded).id
    await until('some of it has come', async () => (await came()) > 0, WAIT_MS_MAX)
  })
  after(() => app[Symbol.asyncDispose]())

  const client = () => ({ url: app.url, cookie: someone.cookie ?? '' })
  const show = () => someone.json<ShownImport>(`/api/imports/${id}`)
  const came = async () => Object.values((await show()).photos).reduce((sum, n) => sum + n, 0)

  test('stops when it is cancelled through its operation, and keeps what has come', async (t) => {
    const { operation } = await show()
    assert.equal((await someone.fetch(operation, { method: 'DELETE' })).status, 202)
    await until('it is cancelled', async () => (await show()).status === 'cancelled', WAIT_MS_MAX)
    const count = await came()
    t.diagnostic(`${count} of ${PICTURES} had come`)
    assert(count > 0 && count < PICTURES)
    assert.equal((await listPhotos(client())).length, count)
  })

  test('goes with all its photos when it is taken back, and none comes after it', async () => {
    assert.equal((await someone.fetch(`/api/imports/${id}`, { method: 'DELETE' })).status, 202)
    const { status, photos } = await show()
    assert.deepEqual([status, photos], ['takenBack', { processing: 0, ready: 0, failed: 0, cancelled: 0 }])
    assert.deepEqual(await listPhotos(client()), [])
  })
})
