import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { spreadFolders } from './spread-folders.ts'

/** The attributes of a folder, one letter each; undefined where the file system, or the machine, knows none. */
function attributesOf(folder: string): string | undefined {
  const { status, stdout } = spawnSync('lsattr', ['-d', folder], { encoding: 'utf8' })
  return status === 0 ? stdout.split(' ')[0] : undefined
}

test('databases on an ext4 disk lie apart from each other, and elsewhere nothing is changed', async () => {
  // the checkout, not the temporary folder: that is often in memory
  const folder = await mkdtemp(join(import.meta.dirname, '../../.millrace-spread-'))
  try {
    const before = attributesOf(folder)
    spreadFolders(folder)
    assert.equal(attributesOf(folder)?.includes('T'), before?.includes('e') === true ? true : before?.includes('T'))
  } finally {
    await rm(folder, { recursive: true })
  }
})
