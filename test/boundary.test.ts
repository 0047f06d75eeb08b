/** Web and worker share the contract and nothing else: neither process loads the other's code. */
import { strict as assert } from 'node:assert'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { getPhoto, picture, upload } from '../examples/darkroom/test/client.ts'
import { login } from '../examples/darkroom/test/login.ts'
import { startApp } from '../src/testing/started-app.ts'
import { until } from '../src/testing/until.ts'

const APP = fileURLToPath(new URL('../examples/darkroom/app.ts', import.meta.url))
const RECORD = new URL('../src/testing/record-modules.ts', import.meta.url).href

describe('after a photo was uploaded, rendered and looked at', () => {
  const loaded = new Map<string, readonly string[]>()

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-modules-'))
    await using app = await startApp(APP, {
      env: { NODE_OPTIONS: `--import=${RECORD}`, MILLRACE_RECORD_MODULES: folder },
    })
    const ada = { url: app.url, cookie: await login(app.url, 'ada') }
    const [photo] = await upload(ada, [await picture(1)])
    await until('the photo is ready', async () => (await getPhoto(ada, photo?.id ?? '')).status === 'ready', 60_000)
    for (const file of await readdir(folder)) {
      const role = file.split('.')[0] ?? ''
      loaded.set(role, [
        ...(loaded.get(role) ?? []),
        ...(await readFile(join(folder, file), 'utf8')).trim().split('\n'),
      ])
    }
    after(() => rm(folder, { recursive: true }))
  })

  const found = (role: string, pattern: RegExp): readonly string[] =>
    (loaded.get(role) ?? []).filter((url) => pattern.test(url))

  test('the web process has loaded routes, and neither handlers nor sharp', () => {
    assert.notDeepEqual(found('web', /darkroom\/web\/front/), [], 'the recording works')
    assert.deepEqual(found('web', /node_modules\/(sharp|@img|exifreader)\/|darkroom\/worker\/|\/src\/worker\//), [])
  })

  test('the worker process has loaded handlers, and neither routes nor Fastify', () => {
    assert.notDeepEqual(found('worker', /darkroom\/worker\/handlers/), [], 'the recording works')
    assert.deepEqual(
      found('worker', /node_modules\/(@?fastify)\b|darkroom\/web\/|\/src\/web\/(?!migrations|purge-)/),
      [],
    )
  })

  test('the renditions were made in a thread of the worker', () => {
    assert.notDeepEqual(found('thread', /node_modules\/sharp\//), [])
  })
})
