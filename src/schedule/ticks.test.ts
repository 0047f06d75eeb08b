import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { schedule } from '../contract/schedule.ts'
import { task } from '../contract/task.ts'
import { dueTicks, LATE_MS, nextTickAfter } from './ticks.ts'

const work = task('work', { input: z.object({}) })
const at = (iso: string): number => Date.parse(iso)
const iso = (ticks: readonly number[]): readonly string[] => ticks.map((t) => new Date(t).toISOString())
const nightly = (options: { catchUpMs?: number; catchUpCountMax?: number } = {}) =>
  schedule('nightly', { cron: '30 2 * * *', zone: 'Europe/Berlin', task: work, input: {}, ...options })

describe('the ticks of a schedule', () => {
  test('a tick is due from its moment on, in the zone of the schedule', () => {
    assert.deepEqual(iso(dueTicks(nightly(), at('2026-11-20T00:00:00Z'), at('2026-11-20T01:29:59Z'))), [])
    assert.deepEqual(iso(dueTicks(nightly(), at('2026-11-20T00:00:00Z'), at('2026-11-20T01:30:00Z'))), [
      '2026-11-20T01:30:00.000Z',
    ])
  })

  test('a tick that was fired is not due again', () => {
    assert.deepEqual(dueTicks(nightly(), at('2026-11-20T01:30:00Z'), at('2026-11-20T01:30:01Z')), [])
  })

  test('of ticks that were missed, the newest catchUpCountMax within catchUpMs are caught up', () => {
    const week = { catchUpMs: 7 * 24 * 3_600_000, catchUpCountMax: 2 }
    assert.deepEqual(iso(dueTicks(nightly(week), at('2026-11-10T00:00:00Z'), at('2026-11-20T12:00:00Z'))), [
      '2026-11-19T01:30:00.000Z',
      '2026-11-20T01:30:00.000Z',
    ])
    const day = { catchUpMs: 3_600_000, catchUpCountMax: 5 }
    assert.deepEqual(dueTicks(nightly(day), at('2026-11-10T00:00:00Z'), at('2026-11-20T12:00:00Z')), [])
  })

  test('a schedule that catches nothing up still fires a tick that is a little late', () => {
    const never = nightly({ catchUpMs: 0, catchUpCountMax: 0 })
    const due = at('2026-11-20T01:30:00Z')
    assert.deepEqual(dueTicks(never, due - 1, due + LATE_MS - 1), [due])
    assert.deepEqual(dueTicks(never, due - 1, due + LATE_MS + 1), [])
  })

  test('a local time that the clocks skip in spring is fired once, at the first moment after it', () => {
    const ticks = dueTicks(
      nightly({ catchUpMs: 86_400_000, catchUpCountMax: 9 }),
      at('2026-03-28T12:00:00Z'),
      at('2026-03-29T11:00:00Z'),
    )
    assert.deepEqual(iso(ticks), ['2026-03-29T01:00:00.000Z'])
  })

  test('a local time that comes twice in autumn is fired once', () => {
    const ticks = dueTicks(
      nightly({ catchUpMs: 86_400_000, catchUpCountMax: 9 }),
      at('2026-10-24T12:00:00Z'),
      at('2026-10-25T11:00:00Z'),
    )
    assert.equal(ticks.length, 1)
    assert.equal(iso(ticks)[0]?.slice(0, 10), '2026-10-25')
  })

  test('the next tick lies strictly after the moment asked about', () => {
    const due = at('2026-11-20T01:30:00Z')
    assert.equal(nextTickAfter(nightly(), due), at('2026-11-21T01:30:00Z'))
  })
})
