/** Several worker processes over one database, one of them killed on the way: every job ends, and is heard of. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { until } from '../testing/until.ts'
import { onceWork, plainWork, trackedWork } from './fixture/fleet/contract.ts'
import { assertEndedOnce, endsOf, fleet, names, submitNamed, untilEnded, WAIT_MS } from './fleet-test-kit.ts'

/** Jobs that go on until the kill, so that it finds a worker that is busy. */
const HELD = 3

describe('several worker processes, one of them killed,', () => {
  test('run every job to its end once, when its effect and its end are one commit', async () => {
    await using f = await fleet(3)
    const all = names(300)
    await submitNamed(f.q, onceWork, all.slice(0, HELD), { gate: 'end' })
    await submitNamed(f.q, onceWork, all.slice(HELD), { ms: 20 })
    await until('some have ended', async () => (await endsOf(f.q)).size > 20, WAIT_MS)
    await f.killBusy()
    await f.open('end')
    await untilEnded(f.q, all.length)
    await nothingIsLeft(f)
    await assertEndedOnce(f.q, all)
  })

  test('run every other job to its end, again only what the killed one had ended and not yet settled', async () => {
    await using f = await fleet(3)
    const all = names(600)
    await submitNamed(f.q, plainWork, all.slice(0, HELD), { gate: 'end' })
    await submitNamed(f.q, plainWork, all.slice(HELD), { ms: 5 })
    await until('some have ended', async () => (await endsOf(f.q)).size > 20, WAIT_MS)
    await f.killBusy()
    await f.open('end')
    await untilEnded(f.q, all.length)
    await nothingIsLeft(f)
    const ends = await endsOf(f.q)
    assert.deepEqual([...ends.keys()], all)
    const again = [...ends].filter(([, { count, surviving }]) => surviving > 1 || count - surviving > 1)
    assert.deepEqual(again, [], 'nobody ended twice what was settled')
  })

  test('answer the result of a job whose worker was killed under it', async () => {
    await using f = await fleet(3)
    const job = await f.q.submit(trackedWork, { name: 'asked for', gate: 'end' })
    const result = f.q.resultOf(trackedWork, job, { timeoutMs: WAIT_MS })
    const killed = await f.killBusy('asked for')
    await f.open('end')
    const { process } = await result
    assert.notEqual(process, killed)
    const { rows } = await f.q.db.query('select process, ended is null as is_cut from ran order by began')
    assert.deepEqual(rows, [
      { process: killed, is_cut: true },
      { process, is_cut: false },
    ])
  })
})

async function nothingIsLeft({ q }: Awaited<ReturnType<typeof fleet>>): Promise<void> {
  await until(
    'nothing is left',
    async () => (await q.db.query('select from millrace.entry union all select from millrace.lease')).rows.length === 0,
    WAIT_MS,
  )
}
