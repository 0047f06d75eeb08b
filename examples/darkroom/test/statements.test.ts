/**
 * The web process is killed with kill -9 at every single message that it sends to PostgreSQL for one upload, before it or
 * after its answer by turns (THOROUGH=1: at each message both): what was accepted is there, with its job; what was not is not
 * there at all, or whole.
 */
import { strict as assert } from 'node:assert'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { faultProxy, startApp, type TestDatabase, testDatabase } from 'millrace/testing'
import darkroom from '../app.ts'
import { type Accepted, picture, post } from './client.ts'
import { login } from './login.ts'

const APP = fileURLToPath(new URL('../app.ts', import.meta.url))
/** More messages than an upload sends: the loop ends before. */
const MESSAGES_MAX = 40
const STEP = process.env['THOROUGH'] === '1' ? 1 : 2

for (const [first, when] of [
  [1, 'before'],
  [2, 'answered'],
] as const) {
  test(`an upload whose process is killed ${when === 'before' ? 'before it sends' : 'after the answer to'} a statement`, {
    timeout: 240_000,
  }, async (t) => {
    await using database = await testDatabase(darkroom)
    await using proxy = await faultProxy(database.url)
    const accepted: Accepted[] = []
    let kills = 0
    let cookie: string | undefined
    const seen = new Set<string>()
    for (let n = STEP === 1 ? 1 : first; n <= MESSAGES_MAX; n += STEP) {
      await using web = await startApp(APP, { command: 'web', env: { DATABASE_URL: proxy.url } })
      cookie ??= await login(web.url, 'ada') // for all of them: the session is in the database
      const file = await picture(n, 64, 48)
      let isKilled = false
      proxy.strikeAt(n, when, () => {
        isKilled = true
        web.child.kill('SIGKILL')
      })
      const answer = await post({ url: web.url, cookie }, [file], `key-${when}-${n}`).catch(() => undefined)
      if (answer?.status === 202) accepted.push(...((await answer.json()) as { photos: Accepted[] }).photos)
      if (!isKilled) break
      kills += 1
      await web.exited
      await assertWhole(database, accepted, { home: web.home, seen })
    }
    assert.ok(kills * STEP >= 4, `an upload has at least four statements, ${kills} were struck`)
    assert.ok(accepted.length >= 1, 'the last upload, which nothing struck, was accepted')
    t.diagnostic(`${kills} kills`)
  })
}

/** `seen`: the photos of earlier processes, whose files lie elsewhere. */
async function assertWhole(
  database: TestDatabase,
  accepted: readonly Accepted[],
  { home, seen }: { readonly home: string; readonly seen: Set<string> },
): Promise<void> {
  const { rows: photos } = await database.db.query<{ id: string; job: string | null; operation: string | null }>(
    `select p.id, e.id as job, o.id as operation from photo p
       left join millrace.entry e on e.payload::json ->> 'photoId' = p.id::text
       left join millrace.operation o on o.id = e.id`,
  )
  for (const photo of photos) assert.ok(photo.job !== null && photo.operation !== null, `photo ${photo.id} has its job`)
  const { rows: jobs } = await database.db.query('select from millrace.entry')
  assert.equal(jobs.length, photos.length, 'no job without its photo')
  for (const { id } of accepted)
    assert.ok(
      photos.some((photo) => photo.id === id),
      `${id} was accepted and is there`,
    )
  for (const { id } of photos.filter((photo) => !seen.has(photo.id)))
    assert.ok(existsSync(join(home, 'blobs', 'originals', id)), `photo ${id} has its file`)
  for (const { id } of photos) seen.add(id)
}
