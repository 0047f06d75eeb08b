/**
 * An import whose worker is killed with kill -9, twice: every picture becomes one photo, and only one. A third time, and the
 * queue would take the job itself for the culprit (docs/queue.md, quarantine).
 */
import { strict as assert } from 'node:assert'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { killQuietly, type StartedApp, startApp, until } from 'millrace/testing'
import { listPhotos, picture } from './client.ts'
import { type ShownImport, type Uploaded, visitor } from './visitor.ts'
import { type ZippedFile, zip } from './zip.ts'

const APP = fileURLToPath(new URL('../app.ts', import.meta.url))
const PICTURES = 160
const WAIT_MS_MAX = 150_000

test('an import survives its worker', { timeout: 300_000 }, async (t) => {
  await using app = await startApp(APP)
  const someone = await visitor(app.url, 'ada')
  const files: ZippedFile[] = []
  for (let n = 0; n < PICTURES; n += 1) {
    const { bytes } = await picture(n % 5, 60, 40)
    files.push({ name: `${n}.jpg`, bytes, method: 0 })
  }
  const { id } = (await (
    await someone.import(zip([...files, { name: 'a.txt', bytes: Buffer.from('text') }]))
  ).json()) as Uploaded
  const show = () => someone.json<ShownImport>(`/api/imports/${id}`)
  const count = async () => Object.values((await show()).photos).reduce((sum, n) => sum + n, 0)

  const killedAt: number[] = []
  for (const mark of [1, PICTURES / 2]) {
    await until(`${mark} pictures have come`, async () => (await count()) >= mark, WAIT_MS_MAX)
    killedAt.push(await count())
    await killWorker(app)
  }
  assert(killedAt[0] !== undefined && killedAt[0] < PICTURES, `killed half way: ${killedAt}`)

  await until('all of it is done', async () => (await show()).photos.ready === PICTURES, WAIT_MS_MAX)
  const { status, leftOut } = await show()
  assert.deepEqual([status, leftOut.map(({ file }) => file)], ['imported', ['a.txt']])
  const names = (await listPhotos({ url: app.url, cookie: someone.cookie ?? '' })).map(({ name }) => name)
  assert.equal(names.length, PICTURES)
  assert.deepEqual(new Set(names), new Set(files.map(({ name }) => name)))
  const originals = await readdir(join(app.home, 'blobs', 'originals'))
  assert.equal(originals.length, PICTURES, 'no original without its photo')
  t.diagnostic(`killed when ${killedAt.join(', ')} of ${PICTURES} had come`)
})

/** Kills it, and waits until another is there. */
async function killWorker(app: StartedApp): Promise<void> {
  const before = (await app.processes()).worker
  for (const pid of before) killQuietly(pid)
  await until(
    'another worker is there',
    async () => {
      const now = (await app.processes()).worker
      return now.length > 0 && !now.some((pid) => before.includes(pid))
    },
    WAIT_MS_MAX,
  )
}
