/** What a run of the benchmarks leaves of bench/RESULTS.md: the sections that it has not measured. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { MEASURES, type MeasureName } from '../bench/options.ts'
import type { Report } from '../bench/report/report.ts'
import { MEASURES_OF, mergeSections, SECTIONS, type SectionName } from '../bench/report/sections.ts'
import { writeResults } from '../bench/report/write.ts'
import { FULL } from '../bench/sizes.ts'

const COMMITTED = join(import.meta.dirname, '..', 'bench', 'RESULTS.md')

const sectionsOf = (names: readonly SectionName[], of: string): ReadonlyMap<SectionName, string> =>
  new Map(names.map((name) => [name, `## ${name}\n\n${of}`]))

/** A run that has found nothing, of the commit by which its sections are known. */
function report(commit: string): Report {
  const machine = { processor: 'a', memory: '1 GB', system: 'b', cores: 1, commitMs: 1, roundTripMs: 1, loadBefore: 0 }
  const nothing = { rows: [], photos: undefined, missing: [], failures: [], findings: [], photoFindings: [] }
  return {
    facts: { date: '2026-01-01', commit, machine, versions: {} },
    ...{ command: 'npm run bench', isQuick: false, sizes: FULL, seconds: 1 },
    ...{ ...nothing, points: [], statements: [], backlog: [], tried: [] },
  }
}

/** A folder for results with what is committed, or nothing. */
async function folder(written?: string) {
  const path = await mkdtemp(join(tmpdir(), 'millrace-results-'))
  const file = join(path, 'RESULTS.md')
  if (written !== undefined) await writeFile(file, written)
  return {
    run: (commit: string, ...measures: readonly MeasureName[]) =>
      writeResults(report(commit), new Set(measures), path).length > 0,
    text: () => readFile(file, 'utf8'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  }
}

/** The rest of the document. */
function without(name: SectionName, text: string): string {
  const [before = '', ...sections] = text.split(/(?=<!-- section: )/)
  const others = sections.filter((section) => !section.startsWith(`<!-- section: ${name} `))
  return [before, ...others].map((part) => part.trim()).join('\n\n')
}

describe('the results of the benchmarks', () => {
  test('keep the sections that a run has not measured, in their order', () => {
    const before = mergeSections('', sectionsOf(SECTIONS, 'old'))
    for (const name of SECTIONS) {
      const after = mergeSections(before, sectionsOf([name], 'new'))
      assert.equal(after, before.replace(`## ${name}\n\nold`, `## ${name}\n\nnew`))
    }
  })

  test('take a section in where it belongs, whichever was measured first', () => {
    const late = mergeSections('', sectionsOf(['backlog', 'held'], 'x'))
    const all = mergeSections(late, sectionsOf(['peers', 'concurrency'], 'x'))
    assert.equal(all, mergeSections('', sectionsOf(SECTIONS, 'x')))
  })

  test('replace those of which a run has measured everything, and no others', async () => {
    await using f = await folder()
    assert.ok(f.run('aaaaaaa', ...MEASURES))
    assert.ok(f.run('bbbbbbb', 'held', 'drain', 'bulk'))
    const text = await f.text()
    const commits = [...text.matchAll(/commit (\w+);/g)].map(([, commit]) => commit)
    assert.deepEqual(commits, ['aaaaaaa', 'bbbbbbb', 'aaaaaaa', 'aaaaaaa'])
    assert.equal(f.run('ccccccc', 'drain'), false, 'a part of the peers is no section')
    assert.equal(await f.text(), text)
  })

  test('that are committed lose nothing to a run of some measures', async () => {
    const committed = await readFile(COMMITTED, 'utf8')
    for (const name of SECTIONS) {
      await using f = await folder(committed)
      assert.ok(f.run('aaaaaaa', ...MEASURES_OF[name]))
      assert.equal(without(name, await f.text()), without(name, committed), `after a run of ${name}`)
    }
  })
})
