import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { isMillraceError } from '../../kernel/errors.ts'
import { newRandomId } from '../../kernel/ids.ts'
import { thisProcess } from '../../kernel/processes.ts'
import { kill, startSignal } from './fixture-home.ts'
import { findHomeHolder, lockHome } from './home-lock.ts'

function freshFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-lock-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Another process that tries to take the home when told to, says how it went, and stays. */
async function contender(t: TestContext, home: string) {
  const script = `
    const { lockHome } = await import(${JSON.stringify(new URL('./home-lock.ts', import.meta.url).href)})
    process.stdin.once('data', () => {
      try { lockHome(${JSON.stringify(home)}); console.log('taken') } catch (error) { console.log(error.code ?? error.message) }
    })
    console.log('here')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => kill(child))
  const lines = createInterface({ input: child.stdout })
  await once(lines, 'line', { signal: startSignal() })
  return {
    child,
    take: async () => {
      const line = once(lines, 'line', { signal: startSignal() })
      child.stdin.write('now\n')
      return (await line)[0] as string
    },
  }
}

function writeLock(home: string, holder: object): void {
  writeFileSync(path.join(home, 'supervisor.pid'), JSON.stringify({ nonce: newRandomId(), ...holder }))
}

test('a home is taken, told, taken twice by the same process, and free after the last release', (t) => {
  const home = path.join(freshFolder(t), 'not', 'there')
  const first = lockHome(home)
  const second = lockHome(home)
  assert.equal(findHomeHolder(home), process.pid)
  first.release()
  first.release()
  assert.equal(findHomeHolder(home), process.pid)
  second.release()
  assert.equal(findHomeHolder(home), undefined)
  assert.deepEqual(readdirSync(home), [])
})

test('a living holder keeps others out, by whichever path they come', async (t) => {
  const folder = freshFolder(t)
  const home = path.join(folder, 'home')
  lockHome(home).release()
  symlinkSync(home, path.join(folder, 'alias'))
  const other = await contender(t, path.join(folder, 'alias'))
  assert.equal(await other.take(), 'taken')
  assert.throws(
    () => lockHome(home),
    (error) => {
      assert.ok(isMillraceError(error, 'MILLRACE_DATA_HOME_IN_USE'))
      assert.match(error.message, new RegExp(`process ${other.child.pid}\\b`))
      return true
    },
  )
  await kill(other.child)
  lockHome(home).release()
})

test('a lock whose process id belongs to another process by now is taken over', (t) => {
  const home = freshFolder(t)
  writeLock(home, { pid: process.ppid, startedAt: `${thisProcess().startedAt}0` })
  assert.equal(findHomeHolder(home), undefined)
  const lock = lockHome(home)
  assert.equal(findHomeHolder(home), process.pid)
  lock.release()
  assert.deepEqual(readdirSync(home), [])
})

test('a lock file that a crash of the machine emptied is taken over', (t) => {
  const home = freshFolder(t)
  writeFileSync(path.join(home, 'supervisor.pid'), '')
  lockHome(home).release()
  assert.deepEqual(readdirSync(home), [])
})

test('a process that died while it replaced a dead lock stands in nobody’s way', (t) => {
  const home = freshFolder(t)
  const nonce = newRandomId()
  writeLock(home, { pid: 999_999_999, startedAt: 'long ago', nonce })
  const right = path.join(home, `supervisor.pid.${nonce}`)
  writeFileSync(right, JSON.stringify({ pid: 999_999_998, startedAt: 'long ago', nonce: newRandomId() }))
  lockHome(home).release()
  assert.deepEqual(readdirSync(home), [])
})

test('of many processes that take a dead one’s home at once, one gets it', async (t) => {
  const home = freshFolder(t)
  const contenders = await Promise.all(Array.from({ length: 6 }, () => contender(t, home)))
  writeLock(home, { pid: 999_999_999, startedAt: 'long ago' })
  const answers = await Promise.all(contenders.map(({ take }) => take()))
  assert.deepEqual(answers.toSorted(), [...Array(5).fill('MILLRACE_DATA_HOME_IN_USE'), 'taken'])
  const winner = contenders[answers.indexOf('taken')]
  assert.equal(JSON.parse(readFileSync(path.join(home, 'supervisor.pid'), 'utf8')).pid, winner?.child.pid)
  assert.deepEqual(readdirSync(home), ['supervisor.pid'])
})
