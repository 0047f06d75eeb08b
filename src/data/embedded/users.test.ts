import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { isMillraceError } from '../../kernel/errors.ts'
import { findProcess } from '../../kernel/processes.ts'
import { findBinaries } from './binaries.ts'
import { isRoot, query, rootOnly, startSignal, testHome, until } from './fixture-home.ts'
import { asNobody, nobody } from './fixture-nobody.ts'
import { findClosedFolder, launcher } from './server-user.ts'

const sayOne = async (url: string) => (await query(url, 'select 1 as one'))[0]?.['one']

test('an ordinary user runs the server as itself', async (t) => {
  const { home, folders, owner } = testHome((cleanUp) => t.after(cleanUp))
  const { pid, uid, url, message } = await owner(isRoot ? asNobody(home) : undefined).said
  assert.equal(message, undefined)
  assert.notEqual(uid, 0)
  assert.equal(statSync(folders.data).uid, uid)
  assert.equal(await sayOne(url), 1)
  if (isRoot) assert.equal(uidOf(pid), nobody.uid)
})

describe('root', { skip: rootOnly }, () => {
  test('goes on with the data of an ordinary user as that user, who can have it back', async (t) => {
    const { home, folders, owner, server } = testHome((cleanUp) => t.after(cleanUp))
    const user = owner(asNobody(home))
    await query((await user.said).url, 'create table kept as select 7 as n')
    user.process.kill('SIGTERM')
    await until('the ordinary user has stopped', () => user.process.exitCode !== null)

    const postgres = server()
    await postgres.start(startSignal())
    assert.equal(uidOf(postgres.pid), nobody.uid)
    assert.deepEqual(await query(postgres.url, 'select n from kept'), [{ n: 7 }])
    await postgres.stop({ drainMs: 5_000 })

    const { url, message } = await owner(asNobody(home)).said
    assert.equal(message, undefined)
    assert.deepEqual(await query(url, 'select n from kept'), [{ n: 7 }])
    assert.equal(statSync(folders.data).uid, nobody.uid)
  })

  test('serves a home and data that root made or copied: they are given to the server user', async (t) => {
    const { folders, server } = testHome((cleanUp) => t.after(cleanUp))
    const postgres = server()
    await postgres.start(startSignal())
    await postgres.stop({ drainMs: 5_000 })
    for (const entry of ['.', ...readdirSync(folders.data, { recursive: true })]) {
      chownSync(path.join(folders.data, String(entry)), 0, 0)
    }
    chmodSync(folders.data, 0o755)
    await postgres.start(startSignal())
    assert.equal(await sayOne(postgres.url), 1)
    assert.equal(statSync(folders.data).uid, nobody.uid)
    assert.equal(statSync(folders.data).mode & 0o777, 0o700)
  })

  test('serves a home below a folder that the server user cannot enter', async (t) => {
    const { home, folders, server } = testHome((cleanUp) => t.after(cleanUp), 'private')
    mkdirSync(path.dirname(home), { mode: 0o700 })
    assert.equal(findClosedFolder(folders.data, nobody), path.dirname(home))
    const postgres = server()
    await postgres.start(startSignal())
    assert.equal(await sayOne(postgres.url), 1)
    assert.equal(uidOf(postgres.pid), nobody.uid)
    await postgres.stop({ drainMs: 5_000 })
  })

  test('runs programs that lie below a folder that the server user cannot enter', async (t) => {
    const { home, folders } = testHome((cleanUp) => t.after(cleanUp), 'private')
    mkdirSync(path.dirname(home), { mode: 0o700 })
    const found = findBinaries()
    const folder = path.join(path.dirname(home), 'native')
    cpSync(found.folder, folder, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE })
    const moved = (program: string) => path.join(folder, path.relative(found.folder, program))
    const binaries = { ...found, folder, initdb: moved(found.initdb), postgres: moved(found.postgres) }
    const child = launcher(nobody, binaries, folders)(binaries.initdb, ['--show', '-D', folders.data])
    assert.deepEqual(await once(child, 'exit'), [0, null], 'initdb found and ran its server')
  })

  test('says which program the server user may not run', (t) => {
    const { folders } = testHome((cleanUp) => t.after(cleanUp))
    const postgres = path.join(path.dirname(folders.home), 'postgres')
    writeFileSync(postgres, '', { mode: 0o700 })
    assert.throws(
      () => launcher(nobody, { ...findBinaries(), postgres }, folders),
      (error) => isMillraceError(error, 'MILLRACE_DATA_BINARY_UNUSABLE') && error.message.includes(postgres),
    )
  })

  test('says what to open when the way is closed and nothing helps', async (t) => {
    const { home, server } = testHome((cleanUp) => t.after(cleanUp), 'private')
    mkdirSync(path.dirname(home), { mode: 0o700 })
    const { PATH } = process.env
    t.after(() => {
      process.env['PATH'] = PATH
    })
    process.env['PATH'] = '/nonexistent'
    await assert.rejects(server().start(startSignal()), (error) => {
      assert.ok(isMillraceError(error, 'MILLRACE_DATA_FOLDER_CLOSED'))
      assert.ok(error.message.includes(path.dirname(home)))
      return true
    })
  })

  test('gives a new home to the user who called sudo, who can start it alone later', async (t) => {
    const { home, folders, owner, server } = testHome((cleanUp) => t.after(cleanUp))
    t.after(() => {
      delete process.env['SUDO_UID']
      delete process.env['SUDO_GID']
    })
    process.env['SUDO_UID'] = String(nobody.uid)
    process.env['SUDO_GID'] = String(nobody.gid)
    const postgres = server()
    await postgres.start(startSignal())
    await postgres.stop({ drainMs: 5_000 })
    assert.deepEqual([statSync(home).uid, statSync(folders.postgres).uid], [nobody.uid, nobody.uid])
    delete process.env['SUDO_UID']
    assert.equal((await owner(asNobody(home)).said).message, undefined)
  })

  test('leaves a home that an ordinary user is refused with the reason', async (t) => {
    const { home, folders, owner, server } = testHome((cleanUp) => t.after(cleanUp))
    const postgres = server()
    await postgres.start(startSignal())
    await postgres.stop({ drainMs: 5_000 })
    assert.equal((await owner(asNobody(home)).said).code, 'MILLRACE_DATA_HOME_UNWRITABLE')

    chownSync(home, nobody.uid, nobody.gid)
    chownSync(folders.postgres, nobody.uid, nobody.gid)
    chownSync(folders.data, 0, 0)
    const { code, message } = await owner(asNobody(home)).said
    assert.equal(code, 'MILLRACE_DATA_FOLDER_FOREIGN')
    assert.match(message, new RegExp(`belongs to user 0, .* as user ${nobody.uid}`))
    assert.ok(existsSync(path.join(folders.data, 'PG_VERSION')))
  })

  test('refuses a socket folder in the temporary folder that somebody else made', async (t) => {
    const { folders, server } = testHome((cleanUp) => t.after(cleanUp), 'long-name-'.repeat(12))
    mkdirSync(folders.socket)
    t.after(() => rmSync(folders.socket, { recursive: true, force: true }))
    chownSync(folders.socket, nobody.uid - 1, nobody.gid)
    await assert.rejects(server().start(startSignal()), (error) =>
      isMillraceError(error, 'MILLRACE_DATA_FOLDER_FOREIGN'),
    )
    assert.ok(existsSync(folders.socket), 'it is not ours to remove')
  })
})

/** The user that a process runs as. */
function uidOf(pid = 0): number {
  assert.ok(findProcess(pid) !== undefined)
  return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
