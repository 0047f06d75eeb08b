/** Large and encrypted inputs between the processes of a started application. */
import { strict as assert } from 'node:assert'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { newKey } from '../queue/payload/payload-test-kit.ts'
import { INLINE_BYTES_MAX } from '../queue/payload/payloads.ts'
import { launchApp, startApp } from '../testing/started-app.ts'
import { until } from '../testing/until.ts'

const APP = fileURLToPath(new URL('../plans/fixture/app.ts', import.meta.url))

describe('a started application', () => {
  test('carries a large, encrypted input from its web to its worker process, and shows its key nowhere', async () => {
    const keys = newKey('k')
    await using app = await startApp(APP, {
      env: { PAYLOAD_KEYS: keys, PAYLOAD_ENCRYPTION: 'all', LOG_LEVEL: 'trace' },
    })
    const name = 'weaves'.repeat(INLINE_BYTES_MAX / 6 + 1)
    const answer = await fetch(`${app.url}/records`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, ms: 0 }),
    })
    assert.equal(answer.status, 202, await answer.text())
    await until('it is recorded', async () => {
      const counts = (await (await fetch(`${app.url}/records`)).json()) as { recorded: number }
      return counts.recorded === 1
    })
    const folder = join(app.home, 'blobs', 'payloads', 'test')
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    assert.equal(files.length, 1)
    const [file] = files
    assert.ok(!(await readFile(join(file?.parentPath ?? '', file?.name ?? ''))).includes('weaves'))
    assert.ok(!app.output().includes(keys.slice(2)))
  })

  test('that is to encrypt and has no key does not start, and says what to set', async () => {
    await using app = await launchApp(APP, { env: { PAYLOAD_ENCRYPTION: 'all' } })
    assert.equal(await app.exited, 78)
    assert.match(app.output(), /inputs of record are to be encrypted.*Set PAYLOAD_KEYS/s)
  })
})
