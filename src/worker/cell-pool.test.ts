import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { until } from '../testing/until.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { CellPool, type CellRun, KILL_GRACE_MS } from './cell-pool.ts'
import { overhear } from './fixture/overhear.ts'
import { type StubbornHow, stubborn } from './fixture/stubborn.ts'

const entry = new URL('fixture/cell.ts', import.meta.url)

function run(id: string, how: StubbornHow, signal: AbortSignal): CellRun {
  return {
    task: stubborn.name,
    job: { id, attempt: 0, version: 1, actor: undefined, key: { id, lane: 1, xid: '1', seq: '1' } },
    payload: JSON.stringify({ how }),
    signal,
    onProgress: () => {},
    onBegin: () => {},
  }
}

/** Threads of this process that live. */
function threadCount(): number {
  return (process.report.getReport() as { readonly workers: readonly unknown[] }).workers.length
}

describe('a thread whose signal has fired', () => {
  for (const how of ['deaf', 'unmoved'] as const)
    test(`is left alone until its grace is over, and then killed (${how})`, async () => {
      using threads = overhear()
      const clock = new VirtualClock(0)
      const pool = new CellPool({ type: 'thread', entry, clock, heapMbMax: 64 })
      await using cleanup = new AsyncDisposableStack()
      cleanup.defer(() => pool.close())
      const aborting = new AbortController()
      const reason = new Error('enough')
      const running = pool.run(run('one', how, aborting.signal))
      running.catch(() => {}) // looked at below
      await threads.says('begins one')

      aborting.abort(reason)
      if (how === 'unmoved') await threads.says('hears one')
      clock.moveTo(KILL_GRACE_MS - 1)
      await threads.saysAgain('spins one')
      assert.equal(threadCount(), 1)

      clock.moveTo(KILL_GRACE_MS)
      await assert.rejects(running, (thrown) => thrown === reason)
      const { result } = await pool.run(run('two', 'meek', new AbortController().signal))
      assert.equal(result, '{"how":"meek"}', 'whoever comes next has a thread that lives')
      await until('the killed one is gone', () => threadCount() === 1)
    })
})

describe('what a cell says', () => {
  for (const type of ['thread', 'process'] as const)
    test(`X5: is heard only when it makes sense (${type})`, async () => {
      const pool = new CellPool({ type, entry, clock: systemClock, heapMbMax: 64 })
      await using cleanup = new AsyncDisposableStack()
      cleanup.defer(() => pool.close())
      const { result } = await pool.run(run('one', 'babbling', new AbortController().signal))
      assert.equal(result, '{"how":"babbling"}')
    })
})
