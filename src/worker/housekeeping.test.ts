import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { silentLog } from '../kernel/log.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { HOUSEKEEPING_MS_MAX, Housekeeping } from './housekeeping.ts'

const NEVER = new AbortController().signal

/** Tasks that note when they are begun; those of `ends` end when the test says so. */
function noting(names: readonly string[], ends: Readonly<Record<string, Promise<void>>> = {}) {
  const begun: string[] = []
  const clock = new VirtualClock(0)
  const tasks = names.map((name) => async () => {
    begun.push(name)
    await ends[name]
  })
  return { begun, clock, housekeeping: new Housekeeping(tasks, { clock, log: silentLog() }) }
}

describe('housekeeping', () => {
  test('waits for a task until its deadline, and then goes on with the others', async () => {
    const { begun, clock, housekeeping } = noting(['hangs', 'next'], { hangs: new Promise(() => {}) })
    const round = housekeeping.round(NEVER)
    clock.moveTo(HOUSEKEEPING_MS_MAX - 1)
    await Promise.resolve()
    assert.deepEqual(begun, ['hangs'])
    clock.moveTo(HOUSEKEEPING_MS_MAX)
    await round
    assert.deepEqual(begun, ['hangs', 'next'])
  })

  test('begins a late task again only when it has ended', async () => {
    const slow = Promise.withResolvers<void>()
    const { begun, clock, housekeeping } = noting(['slow', 'next'], { slow: slow.promise })
    const round = housekeeping.round(NEVER)
    clock.moveTo(HOUSEKEEPING_MS_MAX)
    await round
    await housekeeping.round(NEVER)
    assert.deepEqual(begun, ['slow', 'next', 'next'])
    slow.resolve()
    await turn() // its end is noticed
    await housekeeping.round(NEVER)
    assert.deepEqual(begun, ['slow', 'next', 'next', 'slow', 'next'])
  })

  test('goes on after a task that fails, and tries it again', async () => {
    const { begun, housekeeping } = noting(['fails', 'next'], { fails: Promise.reject(new Error('no store')) })
    await housekeeping.round(NEVER)
    await housekeeping.round(NEVER)
    assert.deepEqual(begun, ['fails', 'next', 'fails', 'next'])
  })

  test('begins nothing more when the worker stops', async () => {
    const first = Promise.withResolvers<void>()
    const { begun, housekeeping } = noting(['first', 'next'], { first: first.promise })
    const stopping = new AbortController()
    const round = housekeeping.round(stopping.signal)
    stopping.abort()
    first.resolve()
    await round
    assert.deepEqual(begun, ['first'])
  })
})
