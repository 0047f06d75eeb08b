/**
 * The scheduler under fire: producers, several workers that die with their jobs, retries, hand-backs. No limit is overshot
 * at any moment, no key loses its order, nothing is lost, and at the end every slot is free.
 */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId, random } from '../kernel/ids.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { claim } from './claim.ts'
import { type ClaimedJob, jobsOf } from './claimed.ts'
import type { Outcome } from './job.ts'
import { promote } from './promote.ts'
import { purge } from './purge.ts'
import { settle } from './settle.ts'
import { registerWorker, rescue } from './workers.ts'

const CONCURRENCY = 7
const KEYS = 5
const JOBS = 600
const WORKERS = 4
const error = { code: 'X', message: 'x', at: '2026-01-01T00:00:00.000Z' }

const input = z.object({ key: z.string(), n: z.number() })
const governed = queue('governed', { concurrency: CONCURRENCY, perKey: { order: 'fifo' }, isFair: true })
const work = task('work', { input, queue: governed, key: ({ key }) => key, tenant: ({ key }) => key })

test('no limit is overshot and no order lost, whoever dies, retries or hands back', async () => {
  await using q = await testQueue([work])
  const history = new History()
  const workers = Array.from({ length: WORKERS }, () => runWorker(q, history))
  await Promise.all(Array.from({ length: KEYS }, (_, k) => produce(q, `k${k}`)))
  await until('every job has ended', () => history.ended === JOBS, 60_000)
  history.isOver = true
  await Promise.all(workers)
  assert.deepEqual(history.mistakes, [])
  assert.ok(history.deaths > 5, `${history.deaths} workers died`)
  // the last releases are still to be received
  const { flow } = q.lanes.get('governed')
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
  await claim(q.db, { lane: flow?.flow ?? 0, isGoverned: true, countMax: 1, worker })
  await purge(q.db)
  const { rows } = await q.db.query(
    `select (select count(*) from millrace.entry)::int as entries, (select count(*) from millrace.flow)::int as flows,
       (select count(*) from millrace.turn)::int as turns, (select running from millrace.scheduler) as running,
       (select count(*) from millrace.dead)::int as dead`,
  )
  assert.deepEqual(rows, [{ entries: 0, flows: 0, turns: 0, running: 0, dead: 0 }])
})

/** What ran when, as the workers saw it: the judge. */
class History {
  ended = 0
  deaths = 0
  isOver = false
  readonly mistakes: string[] = []
  readonly #running = new Map<string, string>()
  readonly #next = new Map<string, number>()

  began(key: string, n: number): void {
    if (this.#running.has(key)) this.mistakes.push(`${key} ran ${n} beside ${this.#running.get(key)}`)
    if ((this.#next.get(key) ?? 0) !== n) this.mistakes.push(`${key} ran ${n} before ${this.#next.get(key) ?? 0}`)
    this.#running.set(key, String(n))
    if (this.#running.size > CONCURRENCY) this.mistakes.push(`${this.#running.size} ran at once`)
  }

  stopped(key: string, isEnded: boolean): void {
    this.#running.delete(key)
    if (!isEnded) return
    this.#next.set(key, (this.#next.get(key) ?? 0) + 1)
    this.ended += 1
  }
}

async function produce(q: TestQueue, key: string): Promise<void> {
  for (let n = 0; n < JOBS / KEYS; ) {
    const count = Math.min(JOBS / KEYS - n, Math.ceil(random() * 20))
    const inputs = Array.from({ length: count }, (_, i) => ({ key, n: n + i }))
    await q.db.transaction(async (tx) => {
      await q.submitMany(work, inputs)
      if (random() < 0.3) await tx.query('select pg_sleep($1)', [random() / 10])
    })
    n += count
  }
}

async function runWorker(q: TestQueue, history: History): Promise<void> {
  const { flow, ready, quarantine } = q.lanes.get('governed')
  let worker = await newWorker(q)
  while (!history.isOver) {
    const lanes = [
      { lane: flow?.flow ?? 0, isGoverned: true },
      { lane: ready.normal, isGoverned: false },
      { lane: quarantine, isGoverned: false },
    ]
    const jobs: ClaimedJob[] = []
    for (const { lane, isGoverned } of lanes)
      jobs.push(...jobsOf(await claim(q.db, { lane, isGoverned, countMax: 3, packMax: 1, worker })))
    if (jobs.length === 0) await systemClock.sleep(2)
    for (const job of jobs) begin(history, job)
    await systemClock.sleep(random() * 4)
    if (jobs.length > 0 && jobs.every((job) => job.crashes === 0) && random() < 0.05) {
      await die(q, worker, history, jobs)
      worker = await newWorker(q)
      continue
    }
    for (const job of jobs) await end(q, history, job)
    await promote(q.db, null)
  }
}

function begin(history: History, job: ClaimedJob): void {
  const { key, n } = job.entry.inputOf(job.n) as z.infer<typeof input>
  history.began(key, n)
}

async function end(q: TestQueue, history: History, job: ClaimedJob): Promise<void> {
  const lot = random()
  const outcome: Outcome =
    lot < 0.1
      ? { kind: 'retry', afterMs: random() * 20, error }
      : lot < 0.2
        ? { kind: 'returned' }
        : { kind: 'succeeded', result: null }
  const { key } = job.entry.inputOf(job.n) as z.infer<typeof input>
  history.stopped(key, outcome.kind === 'succeeded')
  const lost = await settle(q.db, { succeeded: [], others: [{ entry: job.key, isTracked: false, outcome }] }, [])
  if (lost > 0) history.mistakes.push(`a job of ${key} was no longer ours`)
}

/** The worker is gone with what it ran; its jobs run again. */
async function die(q: TestQueue, worker: string, history: History, jobs: readonly ClaimedJob[]): Promise<void> {
  history.deaths += 1
  for (const job of jobs) history.stopped((job.entry.inputOf(job.n) as z.infer<typeof input>).key, false)
  await q.db.query('update millrace.worker set gone_at = millrace.now() where id = $1', [worker])
  await rescue(q.db, { expiredToo: false })
}

async function newWorker(q: TestQueue): Promise<string> {
  const id = newRandomId()
  await registerWorker(q.db, { id, leaseMs: 60_000 })
  return id
}
