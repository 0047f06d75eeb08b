import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { homeFolders } from '../data/embedded/home-folders.ts'
import { findHomeHolder } from '../data/embedded/home-lock.ts'
import { findServer } from '../data/embedded/leftovers.ts'
import { findProcess } from '../kernel/processes.ts'
import { makeSharedFolder, serverRoot } from './server-folder.ts'
import { joinSharedServer, sharedPaths } from './shared-server.ts'
import { killQuietly } from './started-app.ts'
import { until } from './until.ts'

const HOST = fileURLToPath(new URL('shared-server-host.ts', import.meta.url))
const JOINS = fileURLToPath(new URL('fixture/joins.ts', import.meta.url))
const GONE_MS_MAX = 30_000

interface Joined {
  readonly child: ChildProcess
  readonly url: string
}

/** A folder, and the processes that join the server in it; all of them end with the test. */
async function sharing() {
  const folder = join(await mkdtemp(join(serverRoot(), 'millrace-sharing-')), 'shared')
  const children: ChildProcess[] = []
  const server = () => findServer(homeFolders(sharedPaths(folder).home))?.pid
  const host = () => findHomeHolder(folder)
  return {
    folder,
    server,
    host,
    async joins(lingerMs = 100): Promise<Joined> {
      const child = spawn(process.execPath, [JOINS, folder, String(lingerMs)], { stdio: ['pipe', 'pipe', 'inherit'] })
      children.push(child)
      const ended = once(child, 'exit').then(() => assert.fail('it could not join'))
      const [said] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer]
      ended.catch(() => {}) // later it may
      return { child, url: said.toString().trim() }
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL')
      await until('nobody is left', () => server() === undefined && host() === undefined, GONE_MS_MAX)
      await rm(join(folder, '..'), { recursive: true })
    },
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('create table if not exists seen (n integer)')
  await client.end()
  return true
}

describe('test processes', { timeout: 180_000 }, () => {
  test('that begin at the same time share one server', async () => {
    await using shared = await sharing()
    const joined = await Promise.all([shared.joins(), shared.joins(), shared.joins()])
    assert.equal(new Set(joined.map((j) => j.url)).size, 1)
    assert.ok(await answers(joined[0]?.url ?? ''))
  })

  test('leave no process and no folder behind, however they end', async () => {
    await using shared = await sharing()
    const [one, other] = await Promise.all([shared.joins(), shared.joins()])
    one.child.kill('SIGKILL')
    await once(one.child, 'exit')
    assert.ok(await answers(other.url), 'the server is for the others')
    other.child.stdin?.end()
    await until('the folder is gone', () => !existsSync(shared.folder), GONE_MS_MAX)
    assert.equal(shared.server(), undefined)
  })

  test('that follow one another have the same server, as long as it waits for them', async () => {
    await using shared = await sharing()
    const first = await shared.joins(60_000)
    const server = shared.server()
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    await shared.joins()
    assert.ok(server !== undefined && shared.server() === server)
    const host = shared.host()
    if (host !== undefined) process.kill(host, 'SIGTERM') // it would wait a minute
  })

  test('find the server that they have started, however long they take to come, though it waits for nobody else', async () => {
    await using shared = await sharing()
    makeSharedFolder(shared.folder)
    const host = fork(HOST, [shared.folder, '0'], { execArgv: ['--conditions=millrace-source'], stdio: 'ignore' })
    const [said] = await once(host, 'message')
    assert.deepEqual(said, { kind: 'ready' })
    spawnSync(process.execPath, ['--version']) // a starter that is busy at that moment
    const { url, leave } = await joinSharedServer({ folder: shared.folder, lingerMs: 0 })
    assert.ok(await answers(url))
    assert.equal(shared.host(), host.pid)
    leave()
    await once(host, 'exit')
  })

  test('find a new server when everything was killed, and nothing of the old one', async () => {
    await using shared = await sharing()
    const first = await shared.joins()
    const [server, host] = [shared.server(), shared.host()]
    assert.ok(server !== undefined && host !== undefined)
    for (const pid of [first.child.pid ?? 0, host]) killQuietly(pid)
    const second = await shared.joins()
    assert.ok(await answers(second.url))
    assert.equal(findProcess(server), undefined, 'the old server has ended')
  })

  test('end the server themselves when the program that looks after it was killed', async () => {
    await using shared = await sharing()
    await shared.joins()
    const [server, host] = [shared.server(), shared.host()]
    assert.ok(server !== undefined && host !== undefined)
    killQuietly(host)
    await until('the server has ended', () => findProcess(server) === undefined, GONE_MS_MAX)
  })
})
