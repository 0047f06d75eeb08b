import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { testDatabase } from '../testing/test-database.ts'

const CLI = fileURLToPath(new URL('main.ts', import.meta.url))
const APP = fileURLToPath(new URL('../plans/fixture/app.ts', import.meta.url))
const SEALED = fileURLToPath(new URL('fixture/sealed-app.ts', import.meta.url))

function millrace(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--conditions=millrace-source', CLI, ...args], {
    encoding: 'utf8',
    timeout: 30_000,
    env: { PATH: process.env['PATH'] ?? '', MILLRACE_ENV: 'test', ...env },
  })
}

describe('the command line', () => {
  test('says what it can do', () => {
    const { status, stdout } = millrace(['--help'])
    assert.equal(status, 0)
    for (const command of ['start', 'dev', 'web', 'worker', 'migrate', 'check'])
      assert.match(stdout, new RegExp(`^ {2}${command} `, 'm'))
    for (const command of ['start', 'check'])
      assert.match(millrace([command, '--help']).stdout, new RegExp(`^millrace ${command}`))
  })

  test('says its version', () => {
    assert.match(millrace(['--version']).stdout, /^\d+\.\d+\.\d+\n$/)
    assert.match(millrace(['help', 'check']).stdout, /^millrace check/)
  })

  test('names its commands to who calls one that is none', () => {
    const { status, stderr } = millrace(['strat'])
    assert.equal(status, 1)
    assert.match(stderr, /no command strat.*start/)
  })

  test('says in one sentence that an option is none, or that the application is not there', () => {
    assert.match(millrace(['check', APP, '--jsno']).stdout, /--jsno/)
    const absent = millrace(['migrate', '/nowhere/app.ts'])
    assert.equal(absent.status, 78)
    assert.match(absent.stderr, /there is no application at \/nowhere\/app\.ts\n.*what to do/s)
  })

  test('check finds nothing wrong with a sound application, and says so in JSON as well', () => {
    const { status, stdout } = millrace(['check', APP])
    assert.equal(status, 0, stdout)
    const { findings } = JSON.parse(millrace(['check', APP, '--json']).stdout) as { findings: { ok: boolean }[] }
    assert.ok(findings.length >= 4 && findings.every((finding) => finding.ok))
  })

  test('check tells that an encrypted task has no key, or one that is none, and every other mistake beside it', () => {
    const found = (env: Readonly<Record<string, string>>) => {
      const { status, stdout } = millrace(['check', SEALED, '--json'], env)
      assert.equal(status, 78, stdout)
      const { findings } = JSON.parse(stdout) as { findings: { what: string; ok: boolean; says: string }[] }
      return findings.filter((finding) => !finding.ok).map(({ what, says }) => `${what}: ${says}`)
    }
    const handlers = ['patient.file', 'patient.call'].map((task) => `worker: no handler of this release runs ${task}`)
    const DATABASE_URL = 'postgres://localhost:1/nowhere' // nobody listens there
    const without = found({ DATABASE_URL })
    assert.deepEqual(without.slice(0, 2), handlers)
    assert.match(without[2] ?? '', /^payload keys: the inputs of patient\.file are to be encrypted/)
    assert.match(without[3] ?? '', /^database: /)
    const [settings, ...others] = found({ PAYLOAD_KEYS: 'first:dG9vIHNob3J0', LEASE_MS: '1' })
    assert.match(settings ?? '', /^settings: .*PAYLOAD_KEYS=\[hidden\].*32 bytes.*LEASE_MS=1/s)
    assert.deepEqual(others, handlers)
    const PAYLOAD_KEYS = `first:${Buffer.alloc(32).toString('base64')}`
    assert.deepEqual(found({ PAYLOAD_KEYS }), handlers)
  })

  test('check tells of a wrong setting and of a database that is behind', async () => {
    assert.equal(millrace(['check', APP], { LEASE_MS: '1' }).status, 78)
    await using t = await testDatabase()
    const behind = millrace(['check', APP], { DATABASE_URL: t.url })
    assert.equal(behind.status, 78)
    assert.match(behind.stdout, /WRONG database: .*fixture\/0001-records/)
  })

  test('migrate brings the database up, once', async () => {
    await using t = await testDatabase()
    assert.match(millrace(['migrate', APP], { DATABASE_URL: t.url }).stdout, /Applied: fixture\/0001-records/)
    assert.deepEqual(JSON.parse(millrace(['migrate', APP, '--json'], { DATABASE_URL: t.url }).stdout), { applied: [] })
  })

  test('refuses the database of another environment', async () => {
    await using t = await testDatabase()
    const { status, stderr } = millrace(['migrate', APP], { DATABASE_URL: t.url, MILLRACE_ENV: 'production' })
    assert.equal(status, 78)
    assert.match(stderr, /belongs to the environment test.*production/s)
  })

  for (const command of ['web', 'worker']) {
    test(`${command} says that it needs a database`, () => {
      const { status, stderr } = millrace([command, APP])
      assert.equal(status, 78)
      assert.match(stderr, /DATABASE_URL/)
    })
  }
})
