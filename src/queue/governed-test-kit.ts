/** A governed queue that a test claims from directly, and whose jobs it ends by name. */
import { strict as assert } from 'node:assert'
import { z } from 'zod'
import { type QueuePolicy, queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { newRandomId } from '../kernel/ids.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { claim, probe } from './claim.ts'
import { type ClaimedJob, jobsOf } from './claimed.ts'
import type { Outcome } from './job.ts'
import { settle } from './settle.ts'
import { registerWorker, rescue } from './workers.ts'

const input = z.object({ name: z.string(), key: z.string().optional(), tenant: z.string().optional() })
export const error = { code: 'X', message: 'x', at: '2026-01-01T00:00:00.000Z' }

export function workOf(policy: QueuePolicy) {
  return task('work', { input, queue: queue('governed', policy) })
}

export interface Lab extends AsyncDisposable {
  readonly q: TestQueue
  submit(name: string, of?: { key?: string; tenant?: string; priority?: 'high' | 'normal' | 'low' }): Promise<void>
  /** The names of the jobs that a claim hands out. */
  claim(countMax?: number): Promise<string>
  end(name: string, outcome?: Outcome): Promise<void>
  hasWork(): Promise<boolean>
  /** The worker dies with all that it has claimed, and another one takes its place. */
  dies(): Promise<void>
}

export async function lab(policy: QueuePolicy): Promise<Lab> {
  const work = workOf(policy)
  const q = await testQueue([work])
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 15_000 })
  const { flow, ready, quarantine } = q.lanes.get('governed')
  assert.ok(flow !== undefined)
  const running = new Map<string, ClaimedJob>()
  const nameOf = (job: ClaimedJob): string => (job.entry.inputOf(job.n) as { name: string }).name
  const take = async (lane: number, isGoverned: boolean, countMax: number): Promise<string[]> => {
    const jobs = jobsOf(await claim(q.db, { lane, isGoverned, countMax, packMax: 1, worker }))
    for (const job of jobs) running.set(nameOf(job), job)
    return jobs.map(nameOf)
  }
  return {
    q,
    async submit(name, of = {}) {
      await q.submit(work, { name }, of)
    },
    async claim(countMax = 100) {
      const names: string[] = []
      names.push(...(await take(flow.flow, true, countMax)))
      for (const lane of [ready.high, ready.normal, ready.low, quarantine])
        names.push(...(await take(lane, false, countMax)))
      return names.join(' ')
    },
    async end(name, outcome = { kind: 'succeeded', result: null }) {
      const job = running.get(name)
      assert.ok(job !== undefined, `${name} runs`)
      const lost = await settle(q.db, { succeeded: [], others: [{ entry: job.key, isTracked: false, outcome }] }, [])
      assert.equal(lost, 0)
    },
    async hasWork() {
      const lanes = [flow.intake, flow.flow, ready.high, ready.normal, ready.low, quarantine]
      return (await probe(q.db, lanes, null)).lanes.length > 0
    },
    async dies() {
      await q.db.query('update millrace.worker set gone_at = millrace.now()')
      await rescue(q.db, { expiredToo: false })
      await q.db.query('update millrace.worker set gone_at = null')
    },
    [Symbol.asyncDispose]: () => q[Symbol.asyncDispose](),
  }
}

/** Stands the database's clock still, so many milliseconds after a fixed time. */
export async function freeze(q: TestQueue, ms = 0): Promise<void> {
  await q.db.query(
    `create or replace function millrace.now() returns timestamptz language sql volatile parallel safe
       as 'select timestamptz ''2030-01-01 00:00:00Z'' + interval ''${ms} ms'''`,
  )
  await q.db.query('update millrace.worker set expires_at = millrace.now() + interval $$1 hour$$')
}
