/** Every rule of test/tidy.test.ts finds what it is for, and leaves alone what only looks like it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkCalls } from './calls.ts'
import { checkErrorsKnown } from './errors.ts'
import { checkArrows, checkCycles, checkExports, checkPackageDoors, checkWalls, importsOf } from './imports.ts'
import { checkExactVersions, checkExportsMap, checkLockfile } from './manifests.ts'
import { codeOf, commentsOf, type Finding, type SourceFile } from './source-text.ts'
import { checkSql } from './sql.ts'
import { checkLength, checkMachineTraces, checkUnfinished } from './text.ts'

const at = (path: string, text: string): SourceFile => ({ path, text })
const filesOf = (found: readonly Finding[]) => found.map((f) => f.file)

describe('the view of source code', () => {
  test('blanks comments, strings, regular expressions and template text, and keeps their places', () => {
    const text = `a("x // y", /[/"]b/g, \`t \${c("d")} u\`) // e\n/* f */ g`
    const code = codeOf(text)
    assert.equal(code.length, text.length)
    assert.equal(code.replaceAll(/ +/g, ' ').trim(), `a(" ", , \` \${c(" ")} \`) \n g`)
  })
  test('tells a division from a regular expression, and an apostrophe in JSX from a string', () => {
    assert.match(codeOf('const r = a / b / call()'), /call\(\)/)
    assert.match(codeOf("const p = <p>don't</p>\nreturn call()"), /call\(\)/)
    assert.match(codeOf('const p = <br />; call()'), /call\(\)/)
    assert.doesNotMatch(codeOf('return /call()/.test(x)'), /call/)
  })
  test('survives nested templates and braces inside them', () => {
    assert.match(codeOf(`x(\`a \${ {b: \`c \${call()}\`} } d\`); after()`), /call\(\).*after\(\)/)
  })
  test('finds comments, and no comment marks in strings', () => {
    assert.equal(commentsOf("a('http://b') // c").trim(), '// c')
  })
})

describe('rules about imports', () => {
  test('every form of import is seen, and none in comments or strings', () => {
    const text = `
      import a, { type B } from './a.ts'
      import type {
        C,
      } from "./c.ts"
      import './d.ts'
      export { e } from './e.ts'
      const f = await import('./f.ts')
      const g = new Worker(new URL('./g.ts', import.meta.url))
      // import h from './h.ts'
      const i = "import i from './i.ts'"`
    const seen = ['./a.ts', './c.ts', './d.ts', './e.ts', './f.ts', './g.ts']
    assert.deepEqual([...importsOf(text)].sort(), seen)
  })
  test('an arrow against the picture is found, one along it is not', () => {
    const arrows = { kernel: [], queue: ['kernel'] }
    const wrong = at('src/kernel/a.ts', "import type { B } from '../queue/b.ts'")
    const right = at('src/queue/b.ts', "import { c } from '../kernel/c.ts'")
    assert.deepEqual(filesOf(checkArrows([wrong, right], arrows)), ['src/kernel/a.ts'])
  })
  test('a test may put boxes together', () => {
    assert.deepEqual(
      checkArrows([at('src/kernel/a.test.ts', "import { b } from '../queue/b.ts'")], { kernel: [], queue: [] }),
      [],
    )
  })
  test('a folder that is no box is found', () => {
    assert.equal(checkArrows([at('src/utils/a.ts', ''), at('src/a.ts', '')]).length, 2)
  })
  test('going through the entry for users is found', () => {
    assert.equal(checkArrows([at('src/queue/a.ts', "import { b } from './index.ts'")]).length, 1)
    assert.equal(checkArrows([at('src/web/a.ts', "import { b } from '../queue/index.ts'")]).length, 1)
  })
  test('a handler in the web, and data in the contract, are found', () => {
    const web = at('examples/darkroom/web/a.ts', "import '../worker/render.ts'")
    const contract = at('examples/darkroom/contract/a.ts', "import type { T } from '../data/tables.ts'")
    const right = at('examples/darkroom/worker/a.ts', "import '../contract/photos.ts'")
    assert.deepEqual(filesOf(checkWalls([web, contract, right])), [web.path, contract.path])
  })
  test("reaching into another package's files is found", () => {
    const out = at('examples/darkroom/web/a.ts', "import '../../../src/queue/claim.ts'")
    const into = at('src/web/a.ts', "import 'fastify/lib/route.js'\nimport '@x/y/dist/z.js'")
    const right = at(
      'src/web/b.ts',
      "import '@fastify/static'\nimport 'millrace/web'\nimport '../kernel/ids.ts'\nnew URL('../../package.json', import.meta.url)",
    )
    assert.deepEqual(filesOf(checkPackageDoors([out, into, right])), [out.path, into.path, into.path])
  })
  test('a circle of imports is found once, with its way', () => {
    const a = at('src/a.ts', "import './b.ts'")
    const b = at('src/b.ts', "import './c.ts'")
    const c = at('src/c.ts', "import type { A } from './a.ts'")
    assert.match(checkCycles([a, b, c])[0]?.message ?? '', /src\/a\.ts → src\/b\.ts → src\/c\.ts → src\/a\.ts/)
    assert.deepEqual(checkCycles([a, b]), [])
  })
  test('default exports, stars, enums and namespaces are found', () => {
    const bad = [
      'export default 1',
      "export * from './b.ts'",
      'export enum A { B }',
      'const enum A { B }',
      'namespace A { }',
    ]
    for (const text of bad) assert.equal(checkExports([at('src/web/a.ts', text)]).length, 1, text)
    assert.deepEqual(
      checkExports([at('src/web/a.ts', "export const enumerate = 1 // export default\nconst s = 'enum A'")]),
      [],
    )
  })
})

describe('rules about calls', () => {
  const banned = [
    'const t = Date.now()',
    'const t = new Date()',
    'const t = performance.now()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'const r = Math.random()',
    "import { randomUUID } from 'node:crypto'",
    "import { setTimeout as wait } from 'node:timers/promises'",
    "const v = process.env['PORT']",
    "console.log('x')",
  ]
  for (const text of banned) {
    test(`${text} is found outside its box`, () => assert.notEqual(checkCalls([at('src/queue/a.ts', text)]).length, 0))
  }
  test('each is free in its own box, in tests, and in words', () => {
    const free = [
      at('src/kernel/clock.ts', 'Date.now(); setTimeout(f, 1); Math.random()'),
      at('src/app/settings.ts', 'process.env'),
      at('src/cli/main.ts', "console.log('x')"),
      at('src/queue/a.test.ts', 'Date.now()'),
      at('src/queue/fixture/a.ts', 'Date.now()'),
      at('src/queue/a.ts', "// Date.now()\nconst s = 'Math.random()'\nnew Date(ms)\nclock.setTimeout(f)"),
    ]
    assert.deepEqual(checkCalls(free), [])
  })
})

describe('rules about text', () => {
  test('the 301st line is one too many', () => {
    assert.equal(checkLength([at('src/a.ts', 'x\n'.repeat(300))]).length, 0)
    assert.equal(checkLength([at('src/a.ts', 'x\n'.repeat(301))]).length, 1)
  })
  test('unfinished business needs an issue', () => {
    const word = ['TO', 'DO'].join('')
    assert.equal(checkUnfinished([at('src/a.ts', `// ${word}: later`)]).length, 1)
    assert.equal(checkUnfinished([at('src/a.sql', `-- ${word} later`)]).length, 1)
    assert.equal(checkUnfinished([at('src/a.ts', `// ${word}(#12): later\nconst s = '${word}'`)]).length, 0)
  })
  test('folders and package mirrors of a machine are found, addresses on the web are not', () => {
    const traces = [
      ['', 'home', 'ada', 'x'].join('/'),
      ['', 'root', 'x'].join('/'),
      ['', 'work', 'x'].join('/'),
      ['registry', 'example', 'com'].join('.'),
    ]
    for (const trace of traces) assert.equal(checkMachineTraces([at('README.md', `see ${trace}`)]).length, 1, trace)
    assert.deepEqual(checkMachineTraces([at('README.md', ['see https://example.com', 'work', 'x'].join('/'))]), [])
  })
})

describe('rules about SQL', () => {
  const user = at('src/queue/a.ts', "load('claim')")
  test('an unused statement and a missing header are found', () => {
    const good = at('src/queue/sql/claim.sql', '-- claim.sql: leases jobs.\nselect 1')
    assert.deepEqual(checkSql([user, good]), [])
    assert.equal(checkSql([good]).length, 1)
    assert.equal(checkSql([at('src/queue/a.ts', "// 'claim'"), good]).length, 1)
    assert.equal(checkSql([user, at('src/queue/sql/claim.sql', 'select 1')]).length, 1)
  })
  test('a migration says what it is for', () => {
    assert.equal(checkSql([at('src/queue/migrations/0001-log.sql', 'create table a ()')]).length, 1)
    assert.equal(checkSql([at('src/queue/migrations/0001-log.sql', '-- The log.\ncreate table a ()')]).length, 0)
  })
})

describe('rules about errors and manifests', () => {
  test('a code that nobody declares is found, a setting is left alone', () => {
    const declared = new Set(['MILLRACE_QUEUE_FULL'])
    const text = 'throws MILLRACE_QUEUE_FULL, MILLRACE_QUEUE_FUL; reads MILLRACE_HOME and MILLRACE_LOG_LEVEL'
    assert.match(checkErrorsKnown([at('README.md', text)], declared)[0]?.message ?? '', /MILLRACE_QUEUE_FUL,/)
    assert.equal(checkErrorsKnown([at('README.md', text)], declared).length, 1)
    assert.deepEqual(checkErrorsKnown([at('src/app/a.ts', 'MILLRACE_QUEUE_MAX: integerSetting(x)')], declared), [])
    assert.deepEqual(checkErrorsKnown([at('a.ts', "env['MILLRACE_QUEUE_PORT']")], declared), [])
  })
  test('a range of versions is found', () => {
    const manifest = {
      dependencies: { a: '^1.0.0', b: '1.0.0', c: 'file:..', d: '1.0.0-beta.1', e: '*' },
      peerDependencies: { f: '>=1' },
    }
    assert.equal(checkExactVersions(at('package.json', JSON.stringify(manifest))).length, 2)
  })
  test('a mirror in the lockfile is found', () => {
    const lock = {
      packages: { a: { resolved: 'https://mirror.example/a.tgz' }, b: {}, c: { resolved: 'examples/c', link: true } },
    }
    assert.equal(checkLockfile(at('package-lock.json', JSON.stringify(lock))).length, 1)
  })
  test('a subpath without source, or with other built files, is found', () => {
    const entry = { 'millrace-source': './src/a/index.ts', types: './dist/a/index.d.ts', default: './dist/a/index.js' }
    const check = (target: object, exists: boolean) =>
      checkExportsMap(at('package.json', JSON.stringify({ exports: { './a': target } })), () => exists).length
    assert.equal(check(entry, true), 0)
    assert.equal(check(entry, false), 1)
    assert.equal(check({ ...entry, types: './dist/b.d.ts' }, true), 1)
  })
})
