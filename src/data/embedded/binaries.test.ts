import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { isMillraceError } from '../../kernel/errors.ts'
import { completeLibraryLinks, findBinaries } from './binaries.ts'

/** A package as it is unpacked when install scripts are off. */
function bareLibraries(t: TestContext): string {
  const root = mkdtempSync(path.join(tmpdir(), 'millrace-binaries-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(path.join(root, 'native', 'lib'), { recursive: true })
  writeFileSync(path.join(root, 'native', 'lib', 'libpq.so.5.18'), 'a library')
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]
  writeFileSync(path.join(root, 'native', 'pg-symlinks.json'), JSON.stringify(links))
  return root
}

test('the binaries of this platform are found', () => {
  const binaries = findBinaries()
  assert.match(binaries.major, /^\d\d$/)
  assert.ok(path.isAbsolute(binaries.postgres))
})

test('library links that no install script made are made, once', (t) => {
  const root = bareLibraries(t)
  completeLibraryLinks(root)
  completeLibraryLinks(root)
  assert.equal(readlinkSync(path.join(root, 'native', 'lib', 'libpq.so.5')), 'libpq.so.5.18')
  assert.equal(readFileSync(path.join(root, 'native', 'lib', 'libpq.so.5'), 'utf8'), 'a library')
})

test('a folder in which they cannot be made is told with the remedy', (t) => {
  const root = bareLibraries(t)
  rmSync(path.join(root, 'native', 'lib'), { recursive: true }) // modes do not stop root, a missing folder does
  assert.throws(
    () => completeLibraryLinks(root),
    (error) => isMillraceError(error, 'MILLRACE_DATA_LIBRARY_LINKS') && error.message.includes('libpq.so.5'),
  )
})
