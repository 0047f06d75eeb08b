/** The scripts that stand before everything else: installing, becoming another program, and CI's guard against skips. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'

const root = dirname(import.meta.dirname)
const folder = mkdtempSync(join(tmpdir(), 'millrace-scripts-'))
after(() => rmSync(folder, { recursive: true }))

/** Without what the outer test run put there, which would make an inner one report to it. */
const { NODE_TEST_CONTEXT: _outer, ...environment } = process.env

describe('npm start on a clone', () => {
  const isInstalled = (packages: object, installed: object | undefined): boolean => {
    const project = mkdtempSync(join(folder, 'clone-'))
    const node = join(project, 'node_modules', 'node', 'bin')
    mkdirSync(node, { recursive: true })
    writeFileSync(join(node, 'node'), '')
    writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ packages }))
    if (installed !== undefined) {
      writeFileSync(join(project, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }))
    }
    const scripts = join(root, 'scripts', 'install.mjs')
    const code = `import { isInstalled } from ${JSON.stringify(scripts)}\nconsole.log(isInstalled(${JSON.stringify(project)}))`
    return spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }).stdout === 'true\n'
  }
  const a1 = { version: '1.0.0', integrity: 'sha512-a1' }
  const a2 = { version: '2.0.0', integrity: 'sha512-a2' }
  const lock = { '': { version: '0.1.0' }, 'examples/darkroom': {}, 'node_modules/a': a1 }

  test('installs nothing when node_modules is what the lockfile says', () => {
    assert.equal(isInstalled(lock, { 'node_modules/a': a1 }), true)
    assert.equal(isInstalled(lock, { 'node_modules/a': a1, 'node_modules/more': a2 }), true)
  })
  test('installs when a package has another version, is missing, or npm did not come to its end', () => {
    assert.equal(isInstalled(lock, { 'node_modules/a': a2 }), false)
    assert.equal(isInstalled(lock, {}), false)
    assert.equal(isInstalled(lock, undefined), false)
  })
  test('does not miss packages made for other platforms', () => {
    assert.equal(isInstalled({ ...lock, 'node_modules/b': { ...a1, optional: true } }, { 'node_modules/a': a1 }), true)
  })
})

describe('becoming another program', () => {
  const become = join(root, 'bin', 'become.mjs')
  const ready = "process.stdout.write('ready')"
  const run = (replace: boolean, program: string): ChildProcess => {
    const code = [
      replace ? '' : 'process.execve = undefined', // as on Node 20
      `const { become } = await import(${JSON.stringify(become)})`,
      `become(process.execPath, ['-e', ${JSON.stringify(program)}, '--', 'one argument'])`,
    ]
    return spawn(process.execPath, ['--input-type=module', '-e', code.join('\n')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  }
  for (const replace of [true, false]) {
    const how = replace ? 'by replacing the process' : 'through a child'
    test(`keeps arguments and exit code ${how}`, async () => {
      const child = run(replace, "process.exit(process.argv.at(-1) === 'one argument' ? 7 : 1)")
      const [code] = await once(child, 'exit')
      assert.equal(code, 7)
    })
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
      test(`passes ${signal} on ${how}`, async () => {
        const program = `process.on('${signal}', () => process.exit(9)); setInterval(() => {}, 1000); ${ready}`
        const child = run(replace, program)
        assert.ok(child.stdout)
        await once(child.stdout, 'data')
        child.kill(signal)
        assert.deepEqual(await once(child, 'exit'), [9, null])
      })
    }
  }
  test('ends with 128 + n when a signal ended the child', async () => {
    const [code] = await once(run(false, "process.kill(process.pid, 'SIGKILL')"), 'exit')
    assert.equal(code, 137)
  })
})

describe("CI's guard", () => {
  const guard = (testFile: string) => {
    const file = join(mkdtempSync(join(folder, 'guard-')), 'a.test.mjs')
    writeFileSync(file, `import { test } from 'node:test'\n${testFile}`)
    const options = { encoding: 'utf8', env: environment } as const
    const output = spawnSync(process.execPath, ['--test', '--test-reporter=spec', file], options).stdout
    writeFileSync(`${file}.log`, output)
    return spawnSync(process.execPath, [join(root, 'scripts', 'no-skips.mjs'), `${file}.log`], options)
  }
  test('lets a run without skips pass', () => assert.equal(guard("test('a', () => {})").status, 0))
  test('fails a run with a skipped test', () =>
    assert.match(guard("test('a', { skip: 'why' }, () => {})").stderr, /1 skipped/))
  test('fails a run with a test left for later', () =>
    assert.match(guard("test('a', { todo: true }, () => {})").stderr, /1 unfinished/))
  test('fails when there was no run', () => {
    const none = join(folder, 'empty.log')
    writeFileSync(none, 'nothing here\n')
    assert.equal(spawnSync(process.execPath, [join(root, 'scripts', 'no-skips.mjs'), none]).status, 1)
  })
})
