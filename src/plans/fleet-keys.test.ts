/** Several processes submit for the same keys and run what comes of it, one of them killed on the way: one job for a key. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { pauseQueue, resumeQueue } from '../queue/pause.ts'
import { until } from '../testing/until.ts'
import { onceWork } from './fixture/fleet/contract.ts'
import { assertEndedOnce, crowdsOf, endsOf, fleet, kill, untilEnded, WAIT_MS } from './fleet-test-kit.ts'

const SUBMITTERS = 4
const ROUNDS = 60
const KINDS = ['idempotency', 'unique', 'debounce']
/** Longer than the submitters are apart from each other. */
const DEBOUNCE_MS = 20_000

describe('several processes, one of them killed,', () => {
  test('that submit for the same idempotency, unique and debounce keys make one job for each, which ends once', async () => {
    await using f = await fleet(2)
    await pauseQueue(f.q.db, 'once') // a unique key is free again when its job has ended
    const submitters = Array.from({ length: SUBMITTERS }, () => f.addSubmitter(ROUNDS, DEBOUNCE_MS))
    const ready = async (): Promise<number> =>
      (await f.q.db.query("select from opened where starts_with(gate, 'ready')")).rows.length
    await until('all are ready', async () => (await ready()) === SUBMITTERS, WAIT_MS)
    await f.open('submit')
    const [victim, ...others] = submitters
    assert.ok(victim !== undefined)
    const answered = async (): Promise<number> =>
      (await f.q.db.query('select from submitted where process = $1', [victim.pid])).rows.length
    await until('it has submitted some', async () => (await answered()) > 20, WAIT_MS)
    await kill(victim)
    assert.ok((await answered()) < ROUNDS * KINDS.length, 'it was killed on the way')
    await until('the others are done', () => others.every(({ exitCode }) => exitCode === 0), WAIT_MS)

    const expected = KINDS.flatMap((kind) => Array.from({ length: ROUNDS }, (_, round) => `${kind} ${round}`))
    const { rows } = await f.q.db.query<{ name: string; jobs: number; made: number; is_answered: boolean }>(
      `select name, count(distinct job)::integer as jobs, (count(*) filter (where is_new))::integer as made,
              bool_or(process = $1) as is_answered from submitted group by name`,
      [victim.pid],
    )
    assert.deepEqual(rows.map(({ name }) => name).toSorted(), expected.toSorted())
    for (const { name, jobs, made, is_answered } of rows) {
      assert.equal(jobs, 1, `${name} has one job`)
      // what the killed one made last it could not tell
      assert.ok(made === 1 || (made === 0 && !is_answered), `${name} was made ${made} times`)
    }
    await f.q.advance(DEBOUNCE_MS + 1_000)
    await resumeQueue(f.q.db, 'once', { hints: f.q.hints })
    await f.killBusy()
    await f.open('end')
    await untilEnded(f.q, expected.length)
    await assertEndedOnce(f.q, expected)
    const { rows: strangers } = await f.q.db.query(
      'select from ran r where not exists (select from submitted s where s.job = r.job and s.name = r.name)',
    )
    assert.equal(strangers.length, 0, 'no other job ran')
  })

  test('run one job of a unique key at a time, and the next one when it has ended', async () => {
    await using f = await fleet(3)
    const submitOne = (name: string) => f.q.submit(onceWork, { name, gate: 'end' }, { uniqueKey: 'only one' })
    const first = await Promise.all(Array.from({ length: 10 }, () => submitOne('first')))
    assert.equal(new Set(first.map((job) => job.id)).size, 1)
    await f.killBusy()
    const waiting = await submitOne('waiting')
    assert.equal(waiting.id, first[0]?.id, 'the key is held while its job waits for another worker')
    await until(
      'another worker has begun it',
      async () => (await f.q.db.query('select from ran')).rows.length === 2,
      WAIT_MS,
    )
    const again = await submitOne('again')
    assert.equal(again.id, first[0]?.id, 'the key is held while another worker runs its job')
    await f.open('end')
    await untilEnded(f.q, 1)
    const next = await until('the key is free', async () => {
      const job = await submitOne('next')
      return job.isNew ? job : undefined
    })
    await untilEnded(f.q, 2)
    const { rows } = await f.q.db.query<{ job: string }>('select job from ran where ended is not null order by began')
    assert.deepEqual(
      rows.map(({ job }) => job),
      [first[0]?.id, next.id],
    )
    assert.deepEqual(await crowdsOf(f.q, 'all'), { '': 1 })
    assert.deepEqual([...(await endsOf(f.q)).keys()], ['first', 'next'])
  })
})
