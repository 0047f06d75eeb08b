import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Import, LeftOut } from '../api/imports.ts'
import { standingText } from './words.ts'

const importOf = (ready: number, leftOut: readonly LeftOut[], canRetry = false): Import => ({
  ...{ id: 'i', name: 'trip.zip', bytes: 100, uploadedAt: '2026-01-01T00:00:00Z', operation: '/operations/o' },
  ...{ status: 'imported', problem: null, canRetry, latest: [], leftOut, leftOutCount: leftOut.length },
  photos: { processing: 0, ready, failed: 0, cancelled: 0 },
})
const textOf = (found: Import) =>
  standingText({
    key: 'k',
    name: found.name,
    bytes: found.bytes,
    stage: { kind: 'there', found, unpacking: undefined },
  })
const BROKEN = { file: 'a.jpg', code: 'DARKROOM_PHOTO_UNREADABLE', detail: 'It is broken.' }
const NO_ROOM = { file: 'b.jpg', code: 'DARKROOM_QUOTA_FULL', detail: 'There is no room.' }

test('an archive of which nothing became a photo is not said to have had none in it', () => {
  assert.equal(textOf(importOf(0, [])), 'No photo was in it')
  assert.equal(textOf(importOf(0, [BROKEN])), 'None of its files became a photo')
  assert.equal(textOf(importOf(0, [NO_ROOM], true)), 'None of its files became a photo')
})

test('an import that met the end of the storage says so', () => {
  assert.equal(textOf(importOf(2, [BROKEN])), '2 photos imported')
  assert.equal(textOf(importOf(2, [BROKEN, NO_ROOM], true)), '2 photos imported, then the storage was full')
})
