/**
 * Photos uploaded by eight clients while the worker and PostgreSQL are killed with kill -9: every accepted photo is
 * complete, none has two sets of renditions, no operation is stuck. A short form by default; the whole with
 * `DARKROOM_KILLS=full npm test -- examples/darkroom/test/kills.test.ts`.
 */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { killQuietly, type StartedApp, startApp, until } from 'millrace/testing'
import { type Accepted, type Client, getPhoto, listPhotos, picture, upload } from './client.ts'
import { login } from './login.ts'

const APP = fileURLToPath(new URL('../app.ts', import.meta.url))
const CLIENTS = 8
const FULL = process.env['DARKROOM_KILLS'] === 'full'
const PHOTOS = FULL ? 200 : 32
const KILLS: readonly ('worker' | 'postgres')[] = FULL
  ? ['worker', 'postgres', 'worker', 'worker', 'postgres', 'worker', 'worker']
  : ['worker', 'postgres', 'worker']

test('photos survive their worker and their database', { timeout: FULL ? 900_000 : 240_000 }, async (t) => {
  await using app = await startApp(APP)
  const ada = { url: app.url, cookie: await login(app.url, 'ada') }
  const accepted: Accepted[] = []
  const numbers = Array.from({ length: PHOTOS }, (_, n) => n)
  const client = async (): Promise<void> => {
    for (let n = numbers.pop(); n !== undefined; n = numbers.pop())
      accepted.push(...(await upload(ada, [await picture(n)])))
  }
  await Promise.all([...Array.from({ length: CLIENTS }, client), killAll(app, () => accepted.length)])
  assert.equal(accepted.length, PHOTOS)

  await until('every operation has ended', () => hasEnded(ada, accepted), FULL ? 600_000 : 150_000)
  const photos = await listPhotos(ada)
  assert.equal(photos.length, PHOTOS, 'one photo an upload, none invented')
  for (const { id } of accepted) {
    const photo = await getPhoto(ada, id)
    assert.deepEqual([photo.status, photo.problem], ['ready', null], `photo ${photo.name}`)
    const names = photo.renditions.map((r) => `${r.format} ${r.width}`)
    assert.equal(new Set(names).size, names.length, `no rendition twice: ${names.join(', ')}`)
    assert.deepEqual(new Set(photo.renditions.map((r) => r.format)), new Set(['avif', 'webp', 'jpeg']))
    const [first] = photo.renditions
    const file = await fetch(`${app.url}${first?.url}`, { headers: { cookie: ada.cookie } })
    assert.deepEqual([file.status, (await file.arrayBuffer()).byteLength], [200, first?.bytes])
  }
  t.diagnostic(`${PHOTOS} photos, ${KILLS.length} kills`)
})

/** Kills, one after the other, while photos are coming in; each victim is back before the next is chosen. */
async function killAll(app: StartedApp, acceptedCount: () => number): Promise<void> {
  for (const [n, victim] of KILLS.entries()) {
    const mark = Math.floor(((n + 1) * PHOTOS) / (KILLS.length + 2))
    await until(`${mark} photos are accepted`, () => acceptedCount() >= mark, 300_000)
    const before = (await app.processes())[victim]
    for (const pid of before) if (victim === 'worker' || pid === Math.min(...before)) killQuietly(pid)
    await until(
      `${victim} is back`,
      async () => {
        const now = (await app.processes())[victim]
        return now.length > 0 && !now.some((pid) => before.includes(pid))
      },
      60_000,
    )
    await sleep(300)
  }
}

async function hasEnded({ url, cookie }: Client, accepted: readonly Accepted[]): Promise<boolean> {
  for (const { operation } of accepted) {
    const answer = await fetch(`${url}${operation}`, { redirect: 'manual', headers: { cookie } }).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.status !== 303) return false
  }
  return true
}
