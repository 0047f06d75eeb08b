import { strict as assert } from 'node:assert'
import { utimes } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isReady, startApp } from '../testing/started-app.ts'
import { until } from '../testing/until.ts'

const FIXTURE = new URL('../plans/fixture/', import.meta.url)

test('millrace dev starts web and worker afresh when code changes, and leaves PostgreSQL alone', async () => {
  await using app = await startApp(fileURLToPath(new URL('app.ts', FIXTURE)), { command: 'dev' })
  const before = await app.processes()
  const now = new Date()
  await utimes(new URL('front.ts', FIXTURE), now, now)
  const after = await until('other processes run', async () => {
    const found = await app.processes()
    const isFresh = (role: 'web' | 'worker'): boolean => found[role].length === 1 && found[role][0] !== before[role][0]
    return isFresh('web') && isFresh('worker') ? found : undefined
  })
  await until('it is ready again', () => isReady(app.url))
  assert.deepEqual(after.start, before.start)
  assert.equal(Math.min(...after.postgres), Math.min(...before.postgres))
})
