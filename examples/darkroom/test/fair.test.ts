/** Who imports many photos keeps nobody else waiting: real processes, real pictures, one queue. */
import { strict as assert } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type StartedApp, startApp, until } from 'millrace/testing'
import { type Photo, picture } from './client.ts'
import { type ShownImport, type Uploaded, type Visitor, visitor } from './visitor.ts'
import { type ZippedFile, zip } from './zip.ts'

const APP = fileURLToPath(new URL('../app.ts', import.meta.url))
/** More than can be rendered while the others get theirs. */
const MANY = 120
const FEW = 3
const WAIT_MS_MAX = 100_000

describe('while the import of one user is rendered', { timeout: 240_000 }, () => {
  let app: StartedApp
  let ada: Visitor
  let grace: Visitor
  let large: string
  before(async () => {
    app = await startApp(APP)
    ;[ada, grace] = [await visitor(app.url, 'ada'), await visitor(app.url, 'grace')]
    large = await imported(ada, MANY, 0)
  })
  after(() => app[Symbol.asyncDispose]())

  const show = (who: Visitor, id: string) => who.json<ShownImport>(`/api/imports/${id}`)

  /** Uploads an archive of so many pictures, and waits until all of them wait to be rendered. */
  async function imported(who: Visitor, count: number, from: number): Promise<string> {
    const { name, bytes } = await picture(from, 1_000, 750)
    const files: ZippedFile[] = Array.from({ length: count }, (_, n) => ({ name: `${n}-${name}`, bytes, method: 0 }))
    const { id } = (await (await who.import(zip(files))).json()) as Uploaded
    await until('the archive is unpacked', async () => (await show(who, id)).status === 'imported', WAIT_MS_MAX)
    return id
  }

  test('the upload of another is ready before the rest of it', async (t) => {
    const { name, bytes } = await picture(7, 1_000, 750)
    const [uploaded] = await grace.upload({ [name]: bytes })
    const id = uploaded?.id ?? ''
    await until(
      'the upload is ready',
      async () => (await grace.json<Photo>(`/api/photos/${id}`)).status === 'ready',
      WAIT_MS_MAX,
    )
    const { processing } = (await show(ada, large)).photos
    t.diagnostic(`${processing} of ${MANY} were left`)
    assert(processing > MANY / 2, `only ${processing} of ${MANY} were left`)
  })

  test('so is an upload of her own: what she watches comes before what she imports', async (t) => {
    const before = (await show(ada, large)).photos.processing
    const { name, bytes } = await picture(8, 1_000, 750)
    const [uploaded] = await ada.upload({ [name]: bytes })
    const id = uploaded?.id ?? ''
    await until(
      'the upload is ready',
      async () => (await ada.json<Photo>(`/api/photos/${id}`)).status === 'ready',
      WAIT_MS_MAX,
    )
    const { processing } = (await show(ada, large)).photos
    t.diagnostic(`${before} were left before it, ${processing} after`)
    assert(processing > before / 2, `only ${processing} of ${before} were left`)
  })

  test('so is a small import of another: users take turns', async (t) => {
    const before = (await show(ada, large)).photos.processing
    const small = await imported(grace, FEW, 50)
    await until('the small import is ready', async () => (await show(grace, small)).photos.ready === FEW, WAIT_MS_MAX)
    const { processing } = (await show(ada, large)).photos
    t.diagnostic(`${before} were left before it, ${processing} after`)
    assert(processing > 0, 'the large import was not done')
  })
})
