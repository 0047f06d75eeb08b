/** What a user gets from npm works: the tarball holds the right files, installs, runs and type-checks. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { until } from '../src/testing/until.ts'
import { type Consumer, installTarball } from './pack/consumer.ts'
import { readmeExamples, testingExamples } from './readme.ts'

const root = dirname(import.meta.dirname)
const manifest: {
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const subpaths = Object.keys(manifest.exports).filter((subpath) => !subpath.endsWith('.json'))
const specifierOf = (subpath: string) => subpath.replace(/^\./, 'millrace')

/** What may be in the tarball; every pattern must match something, and every file a pattern. */
const CONTENTS: Readonly<Record<string, RegExp>> = {
  manifest: /^package\.json$/,
  papers: /^(README|CHANGELOG)\.md$|^LICENSE$/,
  command: /^bin\/(become|millrace)\.mjs$/,
  code: /^dist\/(?!.*(\.test|-test-kit|\/fixture)).*\.js$/,
  declarations: /^dist\/(?!.*(\.test|-test-kit|\/fixture)).*\.d\.ts$/,
  statements: /^dist\/.*\.sql$/,
  scripts: /^dist\/session\/lua\/.*\.lua$/,
  style: /^dist\/web\/page\.css$/,
  'bill of materials': /^dist\/sbom\.cdx\.json$/,
  documentation: /^docs\/.*\.(md|jpg|svg)$/,
}

const HELLO = `
import { task } from 'millrace'

const anything = { '~standard': { version: 1 as const, vendor: 'hello', validate: (value: unknown) => ({ value }) } }
export const greet = task('hello.greet', { input: anything, queue: 'mail', timeoutMs: 1_000 })
console.log(greet.name, greet.queue.name, greet.retry.attempts)
`

/** Runs test files as they run where no server was named. */
const RUN_TESTS = `
import { spawnSync } from 'node:child_process'

delete process.env.MILLRACE_TEST_URL
const { status } = spawnSync(process.execPath, ['--test', ...process.argv.slice(2)], { stdio: 'inherit' })
process.exitCode = status
`

describe('the packed tarball', { timeout: 400_000 }, () => {
  let consumer: Consumer
  before(() => {
    consumer = installTarball(['zod'])
  })
  after(() => consumer?.[Symbol.dispose]())

  test('L6: holds what belongs in it and nothing else', () => {
    const patterns = Object.values(CONTENTS)
    const strangers = consumer.packed.filter((path) => !patterns.some((pattern) => pattern.test(path)))
    assert.deepEqual(strangers, [], 'these files are in the tarball, but in no pattern of CONTENTS')
    const missing = Object.entries(CONTENTS).filter(
      ([, pattern]) => !consumer.packed.some((path) => pattern.test(path)),
    )
    assert.deepEqual(missing, [], 'the tarball has no file for these patterns of CONTENTS')
  })

  test('L7: lists every package that it brings along, with its version and hash', () => {
    interface Component {
      readonly name: string
      readonly version: string
      readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
    }
    const bill: { readonly components: readonly Component[] } = JSON.parse(
      readFileSync(join(consumer.folder, 'node_modules/millrace/dist/sbom.cdx.json'), 'utf8'),
    )
    const listed = new Map(bill.components.map((one) => [`${one.name} ${one.version}`, one]))
    for (const [name, version] of Object.entries(manifest.dependencies)) {
      const component = listed.get(`${name} ${version}`)
      assert.equal(component?.hashes?.[0]?.alg, 'SHA-512', `${name} ${version}`)
    }
    const strangers = ['typescript', '@biomejs/biome', 'sharp', 'darkroom', 'typeorm']
    assert.deepEqual(
      bill.components.filter(({ name }) => strangers.includes(name)),
      [],
    )
  })

  test('has every SQL file of the sources where the built code reads it', () => {
    const written = globSync('**/*.sql', { cwd: join(root, 'src') }).map((path) => `dist/${path}`)
    assert.deepEqual(
      consumer.packed.filter((path) => path.endsWith('.sql')),
      written.sort(),
    )
  })

  test('loads under every public subpath', () => {
    for (const subpath of subpaths) {
      consumer.write('load.js', `console.log(Object.keys(await import('${specifierOf(subpath)}')).length)`)
      const { status, stdout, stderr } = consumer.node('load.js')
      assert.equal(status, 0, `${specifierOf(subpath)}: ${stderr}`)
      assert.ok(Number(stdout) > 0, `${specifierOf(subpath)} exports nothing`)
    }
  })

  test('keeps everything else to itself', () => {
    consumer.write('inside.js', "await import('millrace/dist/kernel/ids.js')")
    assert.match(consumer.node('inside.js').stderr, /ERR_PACKAGE_PATH_NOT_EXPORTED/)
  })

  test('runs an application that says hello', () => {
    consumer.write('hello.ts', HELLO)
    const { stdout, stderr } = consumer.node('hello.ts')
    assert.equal(stdout, 'hello.greet mail 5\n', stderr)
  })

  test('has declarations that strict type checking accepts, library files included', () => {
    const imports = subpaths.map(
      (subpath, i) => `import * as box${i} from '${specifierOf(subpath)}'\nexport { box${i} }`,
    )
    consumer.write('hello.ts', HELLO)
    consumer.write('all.ts', imports.join('\n'))
    const { status, stdout, stderr } = consumer.typeCheck(['hello.ts', 'all.ts'])
    assert.equal(status, 0, stdout + stderr)
  })

  test('has declarations that refuse a wrong call', () => {
    consumer.write('wrong.ts', "import { task } from 'millrace'\ntask('a', { input: 1, timeoutMs: 'long' })\n")
    const { status, stdout } = consumer.typeCheck(['wrong.ts'])
    assert.notEqual(status, 0)
    assert.match(stdout, /wrong\.ts\(2,/)
  })

  test("runs the README's first application, from the request to the result", async () => {
    const examples = readmeExamples()
    for (const [path, text] of examples) consumer.write(path, text)
    assert.ok(examples.has('hello/app.ts'), 'the README has its examples')
    const types = consumer.typeCheck([...examples.keys()])
    assert.equal(types.status, 0, types.stdout)
    await using app = await consumer.start('hello')
    const asked = await fetch(`${app.url}/greetings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"Ada"}',
    })
    assert.equal(asked.status, 202)
    const operation = await until('the job has run', async () => {
      const answer = (await (await fetch(`${app.url}${asked.headers.get('location')}`)).json()) as { status: string }
      return answer.status === 'succeeded' ? answer : undefined
    })
    assert.deepEqual((operation as { result?: unknown }).result, { text: 'Hello, Ada!' })
  })

  test('brings the kit that tests applications, and a PostgreSQL for it', () => {
    for (const [path, text] of [...readmeExamples(), ...testingExamples()]) consumer.write(path, text)
    consumer.write('run-tests.js', RUN_TESTS)
    const { status, stdout, stderr } = consumer.node('run-tests.js', 'hello/greet.test.ts')
    assert.equal(status, 0, stdout + stderr)
    assert.match(stdout, /pass 1\b/)
  })

  test('brings the command `millrace`', () => {
    const { status, stderr } = consumer.node('node_modules/.bin/millrace', 'nonsense')
    assert.equal(status, 1)
    assert.match(stderr, /no command nonsense.*\bstart\b/)
  })
})
