/** Jobs in every state, for tests of what operators do. Made as workers make them. */
import { strict as assert } from 'node:assert'
import { newRandomId } from '../kernel/ids.ts'
import type { TestQueue } from '../testing/test-worker.ts'
import { claim } from './claim.ts'
import { type ClaimedJob, jobsOf } from './claimed.ts'
import type { JobError, Outcome } from './job.ts'
import { settle } from './settle.ts'
import { registerWorker } from './workers.ts'

/** Claims what waits in a queue, as a new worker would. */
export async function claimAll(q: TestQueue, queue: string, countMax = 1_000): Promise<readonly ClaimedJob[]> {
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 3_600_000 })
  const { ready, quarantine, flow } = q.lanes.get(queue)
  const lanes = [ready.high, ready.normal, ready.low, quarantine].map((lane) => ({ lane, isGoverned: false }))
  if (flow !== undefined) lanes.push({ lane: flow.flow, isGoverned: true })
  const jobs: ClaimedJob[] = []
  for (const { lane, isGoverned } of lanes)
    jobs.push(...jobsOf(await claim(q.db, { lane, isGoverned, countMax, packMax: 1, worker })))
  return jobs
}

/** Ends claimed jobs, all in the same way. Their leases stay: other jobs may be in them. */
export async function endAll(q: TestQueue, jobs: readonly ClaimedJob[], outcome: Outcome): Promise<void> {
  const others = jobs.map((job) => ({ entry: job.key, isTracked: job.isTracked, outcome }))
  assert.equal(await settle(q.db, { succeeded: [], others }, []), 0)
}

/** Makes dead letters of all that waits in a queue. Answers their ids. */
export async function bury(q: TestQueue, queue: string, code = 'TEST_BROKEN'): Promise<readonly string[]> {
  const jobs = await claimAll(q, queue)
  await endAll(q, jobs, { kind: 'failed', error: jobErrorOf(code), reason: 'permanent' })
  return jobs.map((job) => job.id)
}

export function jobErrorOf(code: string): JobError {
  return { code, message: `it met ${code}`, at: '2026-01-01T00:00:00.000Z' }
}

/** A table's rows, counted. */
export async function rowsIn(q: Pick<TestQueue, 'db'>, table: string): Promise<number> {
  const { rows } = await q.db.query<{ n: number }>(`select count(*)::integer as n from millrace.${table}`)
  return rows[0]?.n ?? 0
}
