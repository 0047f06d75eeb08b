import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goneText } from './words.ts'

test('when a photo goes for good is told in days, and in the last night as such', () => {
  const at = (instant: string) => goneText('2026-01-31T12:00:00Z', Date.parse(instant))
  assert.equal(at('2026-01-01T12:00:00Z'), 'Goes for good in 30 days')
  assert.equal(at('2026-01-30T11:00:00Z'), 'Goes for good in 2 days')
  assert.equal(at('2026-01-31T00:00:00Z'), 'Goes for good in 1 day')
  assert.equal(at('2026-01-31T12:00:00Z'), 'Goes for good tonight')
})
