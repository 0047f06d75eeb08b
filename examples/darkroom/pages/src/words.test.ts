import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QUOTA_BYTES, UPLOAD_FILE_BYTES_MAX } from '../../contract/limits.ts'
import { bytesText } from './words.ts'

test('sizes are told in the units that the limits are counted in', () => {
  assert.equal(bytesText(QUOTA_BYTES), '5 GB')
  assert.equal(bytesText(UPLOAD_FILE_BYTES_MAX), '64 MB')
  assert.equal(bytesText(1_023), '1023 B')
  assert.equal(bytesText(1_536), '2 KB')
  assert.equal(bytesText(1.5 * 2 ** 20), '1.5 MB')
})
