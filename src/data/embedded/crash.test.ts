import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { findProcess, listProcesses } from '../../kernel/processes.ts'
import { stopOrphanedPostgres } from './embedded-postgres.ts'
import { fastClock, isRoot, kill, query, startSignal, temporaryFolders, testHome, until } from './fixture-home.ts'
import { nobody } from './fixture-nobody.ts'
import { findServer, isServerProcess } from './leftovers.ts'

const count = async (url: string) => (await query(url, 'select count(*)::int as n from kept'))[0]?.['n']

test('committed rows survive kill -9 of the server, whose end is told and whose start recovers', async (t) => {
  const { server } = testHome((cleanUp) => t.after(cleanUp))
  const postgres = server()
  await postgres.start(startSignal())
  const told: string[] = []
  postgres.onUnexpectedExit((reason) => told.push(reason))
  for (let round = 1; round <= 3; round += 1) {
    if (round === 1) await query(postgres.url, 'create table kept (n int)')
    await query(postgres.url, 'insert into kept select generate_series(1, 1000)')
    process.kill(postgres.pid ?? 0, 'SIGKILL')
    await until('the end is told', () => told.length === round)
    assert.equal(postgres.pid, undefined)
    await postgres.start(startSignal())
    assert.equal(await count(postgres.url), 1000 * round)
  }
  assert.match(told[0] ?? '', /^PostgreSQL was ended by SIGKILL$/)
  await postgres.stop({ drainMs: 5_000 })
  assert.equal(told.length, 3, 'an end that was asked for is not told')
})

test('a server whose owner was killed with -9 is taken over, with its rows', async (t) => {
  const { folders, owner, server } = testHome((cleanUp) => t.after(cleanUp))
  const first = owner()
  const { pid, url } = await first.said
  await query(url, 'create table kept as select generate_series(1, 1000) as n')
  await kill(first.process)
  assert.equal(findServer(folders)?.pid, pid, 'the server outlived its owner')

  const postgres = server()
  await postgres.start(startSignal())
  assert.notEqual(postgres.pid, pid)
  assert.equal(findProcess(pid), undefined)
  assert.equal(await count(postgres.url), 1000)
})

test('an owner killed with -9 during the first start leaves nothing half-made', async (t) => {
  const { folders, owner, server } = testHome((cleanUp) => t.after(cleanUp))
  const first = owner()
  first.said.catch(() => {}) // it dies before it can say anything
  await until('initdb writes', () => temporaryFolders(folders).some((folder) => existsSync(path.join(folder, 'base'))))
  await kill(first.process)
  assert.equal(existsSync(folders.data), false)

  const postgres = server() // at once: the orphaned initdb still writes
  await postgres.start(startSignal())
  await query(postgres.url, 'create table kept as select 1 as n')
  await postgres.stop({ drainMs: 5_000 })
  const isInit = () =>
    listProcesses().some(({ command }) => command.join(' ').includes(`${folders.postgres}/data.new-`))
  await until('the orphaned initdb has ended', () => !isInit())
  await postgres.start(startSignal())
  assert.equal(await count(postgres.url), 1)
  assert.deepEqual(temporaryFolders(folders), [])
})

test('pid files that name a living stranger keep nothing from starting, and the stranger lives on', async (t) => {
  const { folders, server } = testHome((cleanUp) => t.after(cleanUp))
  const postgres = server()
  await postgres.start(startSignal())
  await query(postgres.url, 'create table kept as select 1 as n')
  const pidFile = path.join(folders.data, 'postmaster.pid')
  const socketLock = path.join(folders.socket, '.s.PGSQL.5432.lock')
  const [pidText, lockText] = [readFileSync(pidFile, 'utf8'), readFileSync(socketLock, 'utf8')]
  const told = new Promise<string>((resolve) => postgres.onUnexpectedExit(resolve))
  process.kill(postgres.pid ?? 0, 'SIGKILL')
  await told
  // PostgreSQL takes another user's process for no danger: the stranger has to be of the server's own user.
  const user = isRoot ? { uid: nobody.uid, gid: nobody.gid } : {}
  const stranger = spawn('/bin/sh', ['-c', 'read never'], { stdio: ['pipe', 'ignore', 'inherit'], cwd: '/', ...user })
  t.after(() => kill(stranger))
  await once(stranger, 'spawn')
  writeFileSync(pidFile, pidText.replace(/^\d+/, String(stranger.pid)))
  writeFileSync(socketLock, lockText.replace(/^\d+/, String(stranger.pid)))

  assert.equal(findServer(folders), undefined)
  assert.equal(stopOrphanedPostgres(folders.home), false)
  await postgres.start(startSignal())
  assert.equal(await count(postgres.url), 1)
  assert.ok(findProcess(stranger.pid ?? 0) !== undefined)
})

test('a process that outlives its killed server and computes on is ended before the next start', async (t) => {
  const { folders, server } = testHome((cleanUp) => t.after(cleanUp))
  const postgres = server(fastClock(10))
  await postgres.start(startSignal())
  await query(postgres.url, 'create table kept as select 1 as n')
  const client = new pg.Client({ connectionString: postgres.url })
  client.on('error', () => {})
  await client.connect()
  t.after(() => client.end())
  const [backend] = (await client.query('select pg_backend_pid() as pid')).rows
  const told = new Promise<string>((resolve) => postgres.onUnexpectedExit(resolve))
  process.kill(backend.pid, 'SIGSTOP') // as deaf to its server's end as one in the middle of a long computation
  process.kill(postgres.pid ?? 0, 'SIGKILL')
  await told
  await postgres.start(startSignal())
  assert.equal(findProcess(backend.pid), undefined)
  assert.equal(await count(postgres.url), 1)
  assert.ok(listProcesses().some((facts) => isServerProcess(facts, folders)))
})

test('a server that hears no gentle signal is stopped all the same', async (t) => {
  const { server } = testHome((cleanUp) => t.after(cleanUp))
  const postgres = server(fastClock(10))
  await postgres.start(startSignal())
  const { pid = 0 } = postgres
  process.kill(pid, 'SIGSTOP')
  await postgres.stop({ drainMs: 2_000 })
  await until('it has ended', () => findProcess(pid) === undefined)
})

test('an orphan can be asked to end by a process that is left; an owned server cannot', async (t) => {
  const { home, folders, owner } = testHome((cleanUp) => t.after(cleanUp))
  assert.equal(stopOrphanedPostgres(home), false, 'there is none yet')
  const first = owner()
  const { pid, url } = await first.said
  assert.equal(stopOrphanedPostgres(home), false, 'its owner lives')

  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await kill(first.process)
  assert.equal(stopOrphanedPostgres(home), true)
  assert.equal((await client.query('select 1 as one')).rows[0].one, 1, 'who is connected may finish')
  assert.ok(findServer(folders) !== undefined)
  await client.end()
  await until('the server has ended', () => findProcess(pid) === undefined)
  assert.equal(stopOrphanedPostgres(home), false)
})
