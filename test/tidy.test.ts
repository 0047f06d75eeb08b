/** The repository's rules, as far as a machine can hold them. That the rules can fail is tested in test/tidy/. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { describe, test } from 'node:test'
import { ASSET_EXTENSIONS } from '../scripts/build.ts'
import { ERROR_PAGE, errorPage } from '../scripts/error-docs.ts'
import { SETTINGS_PAGE, settingsPage } from '../scripts/settings-docs.ts'
import { errorCatalogue } from '../src/kernel/errors.ts'
import { ARROWS } from './arrows.ts'
import { checkCalls } from './tidy/calls.ts'
import { checkErrorsKnown } from './tidy/errors.ts'
import { EXCEPTIONS } from './tidy/exceptions.ts'
import { checkArrows, checkCycles, checkExports, checkPackageDoors, checkWalls } from './tidy/imports.ts'
import { checkExactVersions, checkExportsMap, checkLockfile } from './tidy/manifests.ts'
import type { Finding, SourceFile } from './tidy/source-text.ts'
import { checkSql } from './tidy/sql.ts'
import { checkLength, checkMachineTraces, checkUnfinished } from './tidy/text.ts'

const root = dirname(import.meta.dirname)
const files = readRepository()
const code = files.filter(({ path }) => /\.(ts|tsx|mjs)$/.test(path))
const file = (path: string) => files.find((f) => f.path === path) ?? assert.fail(`${path} is missing`)

/** What is in the repository, or would be with the next `git add`: texts only. */
function readRepository(): readonly SourceFile[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  return list
    .toString()
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(root, path)))
    .map((path) => ({ path, bytes: readFileSync(join(root, path)) }))
    .filter(({ bytes }) => !bytes.subarray(0, 8_192).includes(0))
    .map(({ path, bytes }) => ({ path, text: bytes.toString() }))
}

const findings: Finding[] = []

/** Asserts that there is nothing but exceptions, and remembers those. */
function holds(found: readonly Finding[]): void {
  findings.push(...found)
  const wrong = found.filter((f) => !EXCEPTIONS.some((e) => e.file === f.file && e.rule === f.rule))
  assert.equal(wrong.length, 0, `\n${wrong.map((f) => `  ${f.file} ${f.message}  [${f.rule}]`).join('\n')}\n`)
}

describe('the repository keeps its rules', () => {
  test('boxes know each other as the picture says', () => holds(checkArrows(code)))
  test('the picture has no circle', () => {
    const asFiles = Object.entries(ARROWS).map(([box, others]) => ({
      path: `src/${box}.ts`,
      text: others.map((other) => `import './${other}.ts'`).join('\n'),
    }))
    holds(checkCycles(asFiles))
  })
  test('Darkroom keeps web and worker apart', () => holds(checkWalls(code)))
  test('packages are entered through their front door', () => holds(checkPackageDoors(code)))
  test('no file imports itself through others', () => holds(checkCycles(code)))
  test('exports are named, one by one', () => holds(checkExports(code)))
  test('time, randomness, environment and terminal come through their ports', () => holds(checkCalls(code)))
  test('every SQL file is used and says what it is for', () => holds(checkSql(files)))
  test('every file beside the code is one that the build takes along', () => {
    const strays = files
      .filter(({ path }) => path.startsWith('src/') && !['.ts', ...ASSET_EXTENSIONS].includes(extname(path)))
      .map(({ path }) => ({
        file: path,
        rule: 'assets',
        message: 'is left out by the build: add its kind to scripts/build.ts',
      }))
    holds(strays)
  })
  test('no file has outgrown its idea', () => holds(checkLength(files)))
  test('what is left to do is an issue', () => holds(checkUnfinished(files)))
  test('nothing names a folder or a package mirror of one machine', () => holds(checkMachineTraces(files)))
  test('dependencies have exact versions', () => {
    holds(files.filter(({ path }) => /(^|\/)package\.json$/.test(path)).flatMap(checkExactVersions))
  })
  test('L1: the lockfile names no mirror', () => holds(checkLockfile(file('package-lock.json'))))
  test('every public subpath has its source', () => {
    holds(checkExportsMap(file('package.json'), (path) => files.some((f) => `./${f.path}` === path)))
  })
  test('docs/errors.md says what the code declares', async () => {
    const page = await errorPage()
    const written = existsSync(ERROR_PAGE) ? readFileSync(ERROR_PAGE, 'utf8') : ''
    assert.ok(written === page, 'docs/errors.md is stale: run `npm run docs` and commit the page')
  })
  test('docs/settings.md says what the table of settings says', () => {
    const written = existsSync(SETTINGS_PAGE) ? readFileSync(SETTINGS_PAGE, 'utf8') : ''
    assert.ok(written === settingsPage(), 'docs/settings.md is stale: run `npm run docs` and commit the page')
  })
  test('every error code that is named is declared', async () => {
    await errorPage() // loads all declarations
    const subjects = files.filter(({ path }) => !path.startsWith('test/tidy') && path !== 'CHANGELOG.md')
    holds(checkErrorsKnown(subjects, new Set(errorCatalogue().keys())))
  })
  test('CI runs the test command that the README gives', () => {
    const [command] =
      /^npm test$/m.exec(file('README.md').text) ?? assert.fail('README.md must give `npm test` on a line of its own')
    assert.match(file('.ci/run').text, new RegExp(`^${command}\\b`, 'm'), `.ci/run must call \`${command}\``)
  })
  test('every exception is still needed', () => {
    const idle = EXCEPTIONS.filter((e) => !findings.some((f) => f.file === e.file && f.rule === e.rule))
    assert.deepEqual(
      idle,
      [],
      'these exceptions have nothing to excuse any more: take them out of test/tidy/exceptions.ts',
    )
  })
})
