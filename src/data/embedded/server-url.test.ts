import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { systemClock } from '../../kernel/clock.ts'
import { silentLog } from '../../kernel/log.ts'
import { embeddedPostgres } from './embedded-postgres.ts'
import { homeFolders } from './home-folders.ts'
import { findRunningServer } from './server-url.ts'

test('a server is found by its home while it runs, and only then', async (t) => {
  const home = path.join(mkdtempSync(path.join(tmpdir(), 'millrace-find-')), 'home')
  t.after(() => rmSync(path.dirname(home), { recursive: true, force: true }))
  assert.equal(findRunningServer(home), undefined)
  const postgres = embeddedPostgres({ home, log: silentLog(), clock: systemClock })
  await postgres.start(AbortSignal.timeout(60_000))
  try {
    const found = findRunningServer(home)
    assert.equal(found?.url, postgres.url)
    const client = new pg.Client({ connectionString: found?.url })
    await client.connect()
    assert.equal((await client.query('select 1 as one')).rows[0].one, 1)
    await client.end()
    chmodSync(homeFolders(home).socket, 0o755)
    assert.equal(findRunningServer(home), undefined, 'a socket folder that others may enter is not followed')
    chmodSync(homeFolders(home).socket, 0o700)
  } finally {
    await postgres.stop({ drainMs: 5_000 })
  }
  assert.equal(findRunningServer(home), undefined)
})
