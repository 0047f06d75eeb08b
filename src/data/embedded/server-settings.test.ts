import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverSettings } from './server-settings.ts'

const GB = 1024 ** 3

function setting(memory: number, name: string): string | undefined {
  return new RegExp(`^${name} = (.*)$`, 'm').exec(serverSettings(memory, 'millrace-test'))?.[1]
}

test('shared buffers follow the memory between 64 MB and 1 GB', () => {
  assert.equal(setting(GB / 4, 'shared_buffers'), '64MB')
  assert.equal(setting(4 * GB, 'shared_buffers'), '512MB')
  assert.equal(setting(8 * GB, 'shared_buffers'), '1024MB')
  assert.equal(setting(256 * GB, 'shared_buffers'), '1024MB')
})

test('the log between checkpoints takes 1 to 2 GB', () => {
  assert.equal(setting(GB, 'max_wal_size'), '1024MB')
  assert.equal(setting(64 * GB, 'max_wal_size'), '2048MB')
})
