/** Commands that need the application, typed where `npm start` runs one that lies elsewhere. */
import { strict as assert } from 'node:assert'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startApp } from '../testing/started-app.ts'
import { until } from '../testing/until.ts'
import { noteApp, notedApp } from './noted-app.ts'
import { millrace } from './operators-test-kit.ts'

const PEOPLE = fileURLToPath(new URL('fixture/people-app.ts', import.meta.url))

async function temporary() {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-noted-'))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

describe('beside an application that was started from elsewhere', () => {
  test('commands take it without being told which it is, and no other than it', async () => {
    await using app = await startApp(PEOPLE)
    await until('it says that it is ready', async () => app.output().includes('is ready at'))
    const type = (...args: readonly string[]) => millrace(args, { MILLRACE_HOME: app.home })
    const whose = async (...args: readonly string[]): Promise<unknown> => {
      const { status, stdout, stderr } = await type('token', ...args)
      assert.deepEqual([status, stderr], [0, ''])
      const me = await fetch(`${app.url}/identity/me`, { headers: { authorization: `Bearer ${stdout.trim()}` } })
      return ((await me.json()) as { name?: unknown }).name
    }
    assert.deepEqual([await whose(), await whose('grace')], ['Ada Lovelace', 'Grace Hopper'])
    // the roles of an application are known where it is
    const misspelt = await type('accounts', 'grant', 'ada@example.org', 'edtor')
    assert.deepEqual([misspelt.status, /editor, viewer/.test(misspelt.stderr)], [78, true])
  })

  test('and where none was, they say that one has to be named', async () => {
    await using t = await temporary()
    const { status, stderr } = await millrace(['token'], { MILLRACE_HOME: t.folder }, { folder: t.folder })
    assert.deepEqual([status, /MILLRACE_CLI_APP_MISSING/.test(stderr)], [78, true])
  })
})

describe('the application that was started here', () => {
  test('is the last one, and none once its file is gone', async () => {
    await using t = await temporary()
    const [first, second, home] = ['one.ts', 'two.ts', 'home'].map((name) => join(t.folder, name)) as [
      string,
      string,
      string,
    ]
    for (const file of [first, second]) await writeFile(file, '')
    assert.equal(notedApp(home), undefined)
    noteApp(home, first)
    assert.equal(notedApp(home), first)
    noteApp(home, second)
    assert.equal(notedApp(home), second)
    await rm(second)
    assert.equal(notedApp(home), undefined)
  })

  test('starts where it cannot be noted', async () => {
    await using t = await temporary()
    await writeFile(join(t.folder, 'file'), '')
    noteApp(join(t.folder, 'file'), PEOPLE) // a file where the folder should be: not even root can write into it
    assert.equal(notedApp(join(t.folder, 'file')), undefined)
  })
})
