/** The examples of docs/testing.md run as they stand there, beside the README's first application, in a project of their own. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readmeExamples, testingExamples } from '../readme.ts'

const root = dirname(dirname(import.meta.dirname))
const page = readFileSync(join(root, 'docs', 'testing.md'), 'utf8')

describe('the page on testing', () => {
  const examples = new Map([...readmeExamples(), ...testingExamples()])
  const project = mkdtempSync(join(tmpdir(), 'millrace-testing-page-'))
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8', env: withoutRunner(process.env) })

  before(() => {
    mkdirSync(join(project, 'node_modules', '@types'), { recursive: true })
    for (const name of ['zod', '@types/node', 'undici-types'])
      symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name))
    symlinkSync(root, join(project, 'node_modules', 'millrace'))
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
    for (const [path, text] of examples) {
      mkdirSync(dirname(join(project, path)), { recursive: true })
      writeFileSync(join(project, path), text)
    }
  })
  after(() => rmSync(project, { recursive: true, force: true }))

  test('shows tests that pass', () => {
    const files = [...examples.keys()].filter((path) => path.endsWith('.test.ts'))
    assert.deepEqual(files, ['hello/greet.test.ts', 'shop/shop.test.ts'])
    const { status, stdout } = run('--conditions=millrace-source', '--test', '--test-reporter=tap', ...files)
    assert.equal(status, 0, stdout)
    const written = files.flatMap((path) => examples.get(path)?.match(/^test\(/gm) ?? []).length
    assert.match(stdout, new RegExp(`^# pass ${written}$`, 'm'))
  })

  test('shows code that is right in its types', () => {
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'esnext', strict: true, noEmit: true, types: ['node'] },
      ...{ allowImportingTsExtensions: true, customConditions: ['millrace-source'], skipLibCheck: true },
    }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [...examples.keys()] }))
    const { status, stdout } = run(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.')
    const wrong = stdout.split('\n').filter((line) => /^(hello|shop)\//.test(line))
    assert.deepEqual(wrong, [])
    assert.ok(status === 0 || stdout.includes('error TS'), 'the compiler has run')
  })

  test('lists every point of failure', async () => {
    const { FAILURE_POINTS } = await import('../../src/testing/failures.ts')
    const listed = [...page.matchAll(/^\| `([a-z:-]+)` \|/gm)].map(([, point]) => point)
    assert.deepEqual(listed, FAILURE_POINTS)
  })
})

/** A runner inside a runner would report to the outer one. */
function withoutRunner({ NODE_TEST_CONTEXT: _context, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env
}
