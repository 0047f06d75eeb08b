/** Several worker processes over one database, one of them killed on the way: the rules of a queue hold over all of them. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { listHistory } from '../queue/history.ts'
import type { TestQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { governedWork, keyedWork, RATE, ratedKeyWork, ratedWork } from './fixture/fleet/contract.ts'
import { assertEndedOnce, crowdsOf, endsOf, fleet, names, submitNamed, untilEnded, WAIT_MS } from './fleet-test-kit.ts'

/** Of the governed queue. */
const SLOTS = 6
/** A rate counts claims: a job begins a moment later, and of two jobs the first one may have been the slower to begin. */
const MOMENT_MS = 800

describe('several worker processes, one of them killed,', () => {
  test('never overshoot a limit that they reach, keep the order of keys, and finish everything once', async () => {
    await using f = await fleet(3)
    const keys = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1']
    const namesOf = (key: string): readonly string[] => names(20, `${key} `)
    for (const key of keys) await submitNamed(f.q, governedWork, namesOf(key), { key, ms: 100 })
    await until('some have ended', async () => (await endsOf(f.q)).size > 20, WAIT_MS)
    await f.killBusy()
    await f.add()
    await untilEnded(f.q, keys.length * 20)

    assert.deepEqual(await crowdsOf(f.q, 'all'), { '': SLOTS })
    assert.deepEqual(await crowdsOf(f.q, 'key'), Object.fromEntries(keys.map((key) => [key, 1])))
    await assertEndedOnce(f.q, keys.flatMap(namesOf))
    const { rows } = await f.q.db.query<{ key: string; ran: string[] }>(
      'select key, array_agg(name order by began) as ran from ran group by key',
    )
    // what was cut short runs again before the next one
    for (const { key, ran } of rows)
      assert.deepEqual(
        ran.filter((name, n) => name !== ran[n - 1]),
        namesOf(key),
        `${key} ran in order`,
      )
    const { rows: processes } = await f.q.db.query('select distinct process from ran where ended is not null')
    assert.ok(processes.length >= 3, 'the work was shared')
  })

  test('run as many of a key at a time as it may have, and never more', async () => {
    await using f = await fleet(3)
    const keys = ['a', 'b', 'c', 'd']
    const namesOf = (key: string): readonly string[] => names(24, `${key} `)
    for (const key of keys) await submitNamed(f.q, keyedWork, namesOf(key), { key, ms: 150 })
    await until('some have ended', async () => (await endsOf(f.q)).size > 5, WAIT_MS)
    await f.killBusy()
    await f.add()
    await untilEnded(f.q, keys.length * 24)
    assert.deepEqual(await crowdsOf(f.q, 'key'), { a: 2, b: 2, c: 2, d: 2 })
    await assertEndedOnce(f.q, keys.flatMap(namesOf))
  })

  test('start a burst of a rate and then evenly, less than twice its count within its time, beside what the killed one had', async () => {
    await using f = await fleet(3)
    await f.rollCall() // the first job of a process begins later after its claim than all others
    const ofQueue = names(8, 'rated queue ')
    const ofKey = (key: string): readonly string[] => names(8, `rated key ${key} `)
    await submitNamed(f.q, ratedWork, ofQueue, { ms: 1_500 })
    for (const key of ['a', 'b']) await submitNamed(f.q, ratedKeyWork, ofKey(key), { key, ms: 1_500 })
    await f.killBusy('rated queue', 'rated key')
    await f.add()
    const all = [...ofQueue, ...ofKey('a'), ...ofKey('b')]
    await untilEnded(f.q, all.length, 'rated')
    await assertEndedOnce(f.q, all, 'rated')
    const starts = await startsThatWaited(f.q)
    assert.deepEqual([...starts.keys()].toSorted(), ['', 'a', 'b'])
    for (const [key, times] of starts) assertEven(times, key === '' ? 'the queue' : `the key ${key}`)
  })

  test('Q2: let tenants take turns: a small one waits for a share of the slots, not for all that a big one has', async () => {
    await using f = await fleet(3)
    const many = names(400).map((name) => ({ name: `big ${name}`, key: name.replace('w', 'x'), ms: 20 }))
    await f.q.submitMany(governedWork, many, { tenant: 'big' })
    await until('the big one is being served', async () => (await endsOf(f.q)).size > 10, WAIT_MS)
    const few = names(20).map((name) => ({ name: `small ${name}`, key: name.replace('w', 's'), ms: 20 }))
    await f.q.submitMany(governedWork, few, { tenant: 'small' })
    const { rows: submitted } = await f.q.db.query<{ at: string }>('select clock_timestamp()::text as at')
    await f.killBusy()
    await f.add()
    await untilEnded(f.q, few.length, 'small')

    // what the big one began until the small one was served: as many, and what was under way. Those of the small one that the
    // killed worker had, which are as many as there are slots at most, begin when that has been noticed.
    const served = few.length - SLOTS
    const { rows } = await f.q.db.query<{ big: number }>(
      `with small as (select min(began) as began from ran where name like 'small%' group by name order by 1 limit $1)
       select count(*)::integer as big from ran
        where name like 'big%' and began > $2 and began < (select max(began) from small)`,
      [served, submitted[0]?.at],
    )
    const big = rows[0]?.big ?? 0
    assert.ok(big > 0 && big <= served + 2 * SLOTS, `${big} of the big one beside ${served} of the small one`)
  })
})

/**
 * When jobs of each key began, in milliseconds, in order. What a worker died under starts once more whatever the rates say
 * (docs/limits.md, Rates): that start, which is the last one of its job, is left out.
 */
async function startsThatWaited(q: TestQueue): Promise<ReadonlyMap<string, readonly number[]>> {
  const ended = await listHistory(q.db, { limit: 100 })
  const rescued = ended.filter(({ crashes }) => crashes > 0).map(({ id }) => id)
  const { rows } = await q.db.query<{ key: string; job: string; ms: number; is_last: boolean }>(
    `select key, job, extract(epoch from began)::float8 * 1000 as ms,
            began = max(began) over (partition by job) as is_last
       from ran where starts_with(name, 'rated') order by began`,
  )
  const left = rows.filter(({ job, is_last }) => !(is_last && rescued.includes(job)))
  for (const kind of [(key: string) => key === '', (key: string) => key !== ''])
    assert.ok(
      left.filter(({ key }) => kind(key)).length < rows.filter(({ key }) => kind(key)).length,
      'some were rescued',
    )
  return new Map([...Map.groupBy(left, ({ key }) => key)].map(([key, of]) => [key, of.map(({ ms }) => ms)]))
}

/** So many starts take as long as all but a burst of them need when they come one after another. */
function assertEven(times: readonly number[], of: string): void {
  const stepMs = RATE.perMs / RATE.count
  for (const [first, from] of times.entries())
    for (let count = RATE.count + 1; first + count <= times.length; count += 1) {
      const ms = (times[first + count - 1] ?? 0) - from
      assert.ok(ms >= (count - RATE.count) * stepMs - MOMENT_MS, `${count} of ${of} began within ${Math.round(ms)} ms`)
    }
}
