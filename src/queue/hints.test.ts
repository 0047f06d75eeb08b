import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { faultProxy } from '../testing/fault-proxy.ts'
import { hastyClock } from '../testing/hasty-clock.ts'
import { type TestDatabase, testDatabase } from '../testing/test-database.ts'
import { until } from '../testing/until.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { jobText, NAMES_MAX, parseJob, parseWork, workText } from './hint.ts'
import { type Hints, openHints } from './hints.ts'

const START = AbortSignal.timeout(20_000)

function hintsAt(url: string, clock = systemClock): Hints {
  return openHints({ url, clock, log: silentLog() })
}

async function connections(t: TestDatabase): Promise<number> {
  const { rows } = await t.db.query(
    "select from pg_stat_activity where datname = current_database() and application_name = 'millrace hints'",
  )
  return rows.length
}

describe('the text of a hint', () => {
  test('says what was said', () => {
    for (const lanes of [[], [1], [3, 32_767], 'all'] as const)
      for (const hasDeferred of [true, false])
        assert.deepEqual(parseWork(workText({ lanes, hasDeferred })), { lanes, hasDeferred })
    for (const names of [[], ['a'], ['a', 'b'], 'all'] as const)
      assert.deepEqual(parseJob(jobText({ operations: names, cancelled: [] })), { operations: names, cancelled: [] })
  })

  test('N3: that nobody of us wrote names no lane that is none, and no more than fit', () => {
    const strange: readonly (readonly [string, readonly number[]])[] = [
      ['', []],
      [';;;;', []],
      [',,,;d', []],
      ['1,x,2.5,-3,0x10,1e400,NaN,70000000, 4 ,5', [1, 5]],
      ['\u0000\ud800,7', [7]],
      ['**', []],
    ]
    for (const [text, lanes] of strange) assert.deepEqual(parseWork(text).lanes, lanes, JSON.stringify(text))
    assert.equal(parseWork('1,'.repeat(4_000)).lanes.length, NAMES_MAX)
    assert.equal(parseJob('x,'.repeat(4_000)).operations.length, NAMES_MAX)
  })
})

describe('a turn to hint', () => {
  test('is taken by who is quiet, and not twice at once', () => {
    const clock = new VirtualClock(0)
    const hints = hintsAt('postgres://nobody.invalid', clock)
    assert.equal(hints.takeTurn([1, 2]), workText({ lanes: [1, 2], hasDeferred: false }))
    assert.equal(hints.takeTurn([1]), undefined)
    clock.moveTo(1)
    assert.equal(hints.takeTurn([1]), workText({ lanes: [1], hasDeferred: false }))
  })

  test('is not taken while there is something to say, nor for more lanes than a hint names', async () => {
    const hints = hintsAt('postgres://nobody.invalid', new VirtualClock(0))
    const many = Array.from({ length: NAMES_MAX + 1 }, (_, n) => n)
    assert.equal(hints.takeTurn(many), undefined)
    hints.operationChanged('an id')
    assert.equal(hints.takeTurn([1]), undefined)
    await hints.stop({ drainMs: 0 })
    assert.equal(hints.takeTurn([1]), undefined, 'nor once it has stopped')
  })
})

test('work is told once to the process that it comes from, and to others', async () => {
  await using t = await testDatabase()
  const [one, other] = [hintsAt(t.url), hintsAt(t.url)]
  const heard: Record<'one' | 'other', number[]> = { one: [], other: [] }
  for (const [name, hints] of Object.entries({ one, other })) {
    hints.listenForWork(({ lanes }) => {
      if (lanes !== 'all') heard[name as keyof typeof heard].push(...lanes)
    })
    await hints.start(START)
  }
  one.workIn(1)
  await until('the other hears of it', () => heard.other.includes(1))
  other.workIn(2)
  // notifications come in the order of their commits
  await until('it hears of the other', () => heard.one.includes(2))
  assert.deepEqual(heard, { one: [1, 2], other: [1, 2] })
  await Promise.all([one, other].map((hints) => hints.stop({ drainMs: 0 })))
})

describe('the connection of hints', () => {
  for (const [what, message] of [
    ['connecting', 1],
    ['listening', 2],
  ] as const)
    test(`leaves none behind when ${what} is not answered, and is made again`, async () => {
      await using t = await testDatabase()
      await using proxy = await faultProxy(t.url)
      const hints = hintsAt(proxy.url, hastyClock(20))
      let looks = 0
      hints.listenForJobs(() => {
        looks += 1
      })
      proxy.strikeAt(message, 'answered', () => {})
      await hints.start(START)
      await until('it is connected again', () => looks > 0)
      await until('the first one has gone', async () => (await connections(t)) === 1)
      await hints.stop({ drainMs: 0 })
      await until('none is left', async () => (await connections(t)) === 0)
    })

  for (const [what, message] of [
    ['connects', 1],
    ['begins to listen', 2],
  ] as const)
    test(`is none any more when it is stopped while it ${what} again`, async () => {
      await using t = await testDatabase()
      await using proxy = await faultProxy(t.url)
      const hints = hintsAt(proxy.url)
      await hints.start(START)
      const reconnecting = Promise.withResolvers<void>()
      proxy.strikeAt(message, 'answered', reconnecting.resolve)
      await t.db.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'millrace hints'",
      )
      await reconnecting.promise
      assert.equal(await connections(t), 1)
      await hints.stop({ drainMs: 0 })
      await until('none is left', async () => (await connections(t)) === 0, 1_500)
    })

  test('is not made any more when it is stopped before it is made again', async () => {
    await using t = await testDatabase()
    const clock = new VirtualClock(0)
    const hints = hintsAt(t.url, clock)
    await hints.start(START)
    await t.db.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'millrace hints'",
    )
    await until('it is to be made again', () => clock.waitingCount > 0)
    await hints.stop({ drainMs: 0 })
    clock.moveTo(60_000)
    assert.deepEqual([clock.waitingCount, await connections(t)], [0, 0])
  })
})
