import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isMillraceError } from '../../kernel/errors.ts'
import { findProcess, listProcesses } from '../../kernel/processes.ts'
import { query, rootOnly, startSignal, temporaryFolders, testHome, until } from './fixture-home.ts'
import { isServerProcess } from './leftovers.ts'

describe('a server on an empty folder', () => {
  const { folders, owner, server } = testHome(after)
  const postgres = server()
  before(() => postgres.start(startSignal()))

  test('answers on the URL that was known before its start', async () => {
    const [row] = await query(postgres.url, 'select current_database() as database, current_user as user')
    assert.deepEqual(row, { database: 'millrace', user: 'millrace' })
    assert.ok(postgres.pid !== undefined && postgres.pid > 0)
  })

  test('has every setting on that keeps data safe, and no network address', async () => {
    const names = 'fsync synchronous_commit full_page_writes data_checksums listen_addresses jit TimeZone lc_messages'
    const rows = await query(
      postgres.url,
      `select name, setting from pg_settings where name = any('{${names.replaceAll(' ', ',')}}')`,
    )
    assert.deepEqual(Object.fromEntries(rows.map(({ name, setting }) => [name, setting])), {
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      listen_addresses: '',
      jit: 'off',
      TimeZone: 'UTC',
      lc_messages: 'C',
    })
  })

  test('stores every character, and changes case by Unicode', async () => {
    const [row] = await query(
      postgres.url,
      `select upper('müßig żółw') as upper, pg_encoding_to_char(encoding) as encoding
      from pg_database where datname = 'millrace'`,
    )
    assert.deepEqual(row, { upper: 'MÜßIG ŻÓŁW', encoding: 'UTF8' })
  })

  test('took no setting that the settings file got wrong', async () => {
    assert.deepEqual(await query(postgres.url, 'select name, error from pg_file_settings where error is not null'), [])
  })

  test('keeps its socket in a folder that only its user can enter', () => {
    const { socket, data } = folders
    assert.equal(statSync(socket).mode & 0o777, 0o700)
    assert.equal(statSync(data).mode & 0o777, 0o700)
  })

  test('runs every process as another user when root starts it', { skip: rootOnly }, () => {
    const processes = listProcesses().filter((facts) => isServerProcess(facts, folders))
    assert.ok(processes.length > 3, 'the server and its helpers are found')
    for (const { pid } of processes) {
      const uids = /^Uid:\s+(\d+)\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      assert.notEqual(uids?.[1], '0')
      assert.notEqual(uids?.[2], '0')
    }
  })

  test('refuses a second owner in another process, and goes on', async () => {
    const { code, message } = await owner().said
    assert.equal(code, 'MILLRACE_DATA_HOME_IN_USE')
    assert.match(message, new RegExp(`process ${process.pid}\\b`))
    assert.equal((await query(postgres.url, 'select 1 as one'))[0]?.['one'], 1)
  })

  test('refuses a second owner in its own process, and goes on', async () => {
    const second = server()
    await assert.rejects(second.start(startSignal()), (error) => isMillraceError(error, 'MILLRACE_DATA_HOME_IN_USE'))
    await second.stop({ drainMs: 1_000 })
    assert.equal((await query(postgres.url, 'select 1 as one'))[0]?.['one'], 1)
  })
})

test('stopping is safe before the start, twice, and ends the process', async (t) => {
  const { home, server } = testHome((cleanUp) => t.after(cleanUp))
  const postgres = server()
  await postgres.stop({ drainMs: 1_000 })
  assert.equal(existsSync(home), false)
  await postgres.start(startSignal())
  const { pid = 0 } = postgres
  assert.ok(findProcess(pid) !== undefined)
  await Promise.all([postgres.stop({ drainMs: 5_000 }), postgres.stop({ drainMs: 5_000 })])
  await postgres.stop({ drainMs: 5_000 })
  assert.equal(postgres.pid, undefined)
  assert.equal(findProcess(pid), undefined)
})

test('a start that is stopped or aborted leaves no process and no half-made folder', async (t) => {
  const { folders, server } = testHome((cleanUp) => t.after(cleanUp))
  const postgres = server()
  const start = postgres.start(startSignal())
  await Promise.all([assert.rejects(start, /stopped while it was starting/), postgres.stop({ drainMs: 5_000 })])

  const given = new AbortController()
  const second = postgres.start(given.signal)
  await until('initdb writes', () => temporaryFolders(folders).some((folder) => readdirSync(folder).includes('base')))
  given.abort(new Error('changed my mind'))
  await assert.rejects(second, /changed my mind/)
  assert.deepEqual(temporaryFolders(folders), [])
  assert.equal(existsSync(folders.data), false)
  assert.equal(existsSync(path.join(folders.home, 'supervisor.pid')), false)

  await postgres.start(startSignal())
  assert.equal((await query(postgres.url, 'select 1 as one'))[0]?.['one'], 1)
})

test('a home with a long path has its socket in the temporary folder while it runs', async (t) => {
  const { home, folders, server } = testHome((cleanUp) => t.after(cleanUp), 'long-name-'.repeat(12))
  const postgres = server()
  await postgres.start(startSignal())
  assert.equal((await query(postgres.url, 'select 1 as one'))[0]?.['one'], 1)
  assert.ok(!folders.socket.startsWith(home))
  await postgres.stop({ drainMs: 5_000 })
  assert.equal(existsSync(folders.socket), false)
})

test('a home whose path has spaces, quotes and commas works', async (t) => {
  const { home, folders, server } = testHome((cleanUp) => t.after(cleanUp), `it's "a, b" %41 é`)
  const postgres = server()
  await postgres.start(startSignal())
  assert.ok(folders.socket.startsWith(home))
  assert.equal((await query(postgres.url, 'select 1 as one'))[0]?.['one'], 1)
})

test('a server that cannot start fails with its last words, and gives the home up', async (t) => {
  const { folders, owner, server } = testHome((cleanUp) => t.after(cleanUp))
  const postgres = server()
  await postgres.start(startSignal())
  await postgres.stop({ drainMs: 5_000 })
  const control = path.join(folders.data, 'global', 'pg_control')
  renameSync(control, `${control}.away`)
  await assert.rejects(postgres.start(startSignal()), (error) => {
    assert.ok(isMillraceError(error, 'MILLRACE_DATA_SERVER_START_FAILED'))
    assert.match(error.message, /pg_control/)
    return true
  })
  renameSync(`${control}.away`, control)
  assert.equal((await owner().said).code, undefined, 'another process can have the home now')
})

test('a data folder of another major version is refused and left alone', async (t) => {
  const { folders, server } = testHome((cleanUp) => t.after(cleanUp))
  const postgres = server()
  mkdirSync(folders.data, { recursive: true })
  const version = path.join(folders.data, 'PG_VERSION')
  writeFileSync(version, '17\n')
  await assert.rejects(postgres.start(startSignal()), (error) => {
    assert.ok(isMillraceError(error, 'MILLRACE_DATA_MAJOR_VERSION'))
    assert.match(error.message, /PostgreSQL 17\b.*PostgreSQL 18\b/)
    return true
  })
  assert.deepEqual(readdirSync(folders.data), ['PG_VERSION'])
  assert.equal(readFileSync(version, 'utf8'), '17\n')
})

test('a folder with something else in it is refused and left alone', async (t) => {
  const { folders, server } = testHome((cleanUp) => t.after(cleanUp))
  mkdirSync(folders.data, { recursive: true })
  writeFileSync(path.join(folders.data, 'holiday.jpg'), 'not a database')
  await assert.rejects(server().start(startSignal()), (error) => isMillraceError(error, 'MILLRACE_DATA_FOLDER_UNKNOWN'))
  assert.deepEqual(readdirSync(folders.data), ['holiday.jpg'])
})
