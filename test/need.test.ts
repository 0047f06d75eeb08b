import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { need } from './need.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-need-'))
after(() => rmSync(folder, { recursive: true }))

test('a program that is there is found in PATH', () => {
  const program = join(folder, 'chromium')
  writeFileSync(program, '#!/bin/sh\n')
  chmodSync(program, 0o755)
  assert.deepEqual(need('chromium', { PATH: `/nowhere:${folder}` }), { path: program, skip: false })
})

test('a missing program skips the test with the name of the Debian package', () => {
  assert.match(need('chromium', { PATH: '/nowhere' }).skip || '', /apt-get install chromium/)
})

test('in CI a missing program is a failure', () => {
  assert.throws(() => need('chromium', { PATH: '/nowhere', CI: 'true' }), /Debian package chromium/)
})
