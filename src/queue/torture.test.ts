/**
 * The log under fire: producers with long, savepointed and rolled-back transactions against claimers that roll back, with
 * stragglers, bulk transactions and tiny claims. Nothing committed is lost, nothing is handed out twice, nothing that was
 * rolled back appears.
 */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import pg from 'pg'
import { queue } from '../contract/queue.ts'
import { systemClock } from '../kernel/clock.ts'
import { newId, newRandomId, random } from '../kernel/ids.ts'
import { testDatabase } from '../testing/test-database.ts'
import { appendJobs } from './append.ts'
import { claim, probe } from './claim.ts'
import { type ClaimedEntry, ClaimedJob, jobsOf } from './claimed.ts'
import { Lanes } from './lanes.ts'
import type { NewJob } from './new-job.ts'
import { noteIn } from './new-job-test-kit.ts'
import { carve, type SettledEntry, settle } from './settle.ts'
import { registerWorker } from './workers.ts'

const PRODUCERS = 10
const CLAIMERS = 4
const PRODUCE_MS = Number(process.env['MILLRACE_TORTURE_MS'] ?? 4_000)
const DRAIN_MS_MAX = 20_000

test('every entry that committed is handed out once, and none that was rolled back', async () => {
  await using t = await testDatabase()
  const lanes = new Lanes([queue('default')])
  await lanes.open(t.db)
  const lane = lanes.get('default').ready.normal
  const worker = newRandomId()
  await registerWorker(t.db, { id: worker, leaseMs: 60_000 })

  const committed = new Set<string>()
  const rolledBack = new Set<string>()
  const handedOut = new Map<string, number>()
  const started = systemClock.monotonic()
  let isStopping = false

  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: t.url })
    await client.connect()
    return client
  }
  const jobs = (count: number): NewJob[] =>
    Array.from({ length: count }, () => noteIn(lane, { id: newId(systemClock.now()), task: 'torture' }))

  const produce = async (): Promise<void> => {
    const client = await connect()
    while (systemClock.monotonic() - started < PRODUCE_MS) {
      const ids: string[] = []
      await client.query('begin')
      for (let n = Math.ceil(random() * 12); n > 0; n--) {
        const some = jobs(random() < 0.05 ? 100 : 1)
        await appendJobs(asQueryable(client), some)
        const isUndone = random() < 0.1
        if (random() < 0.2 || isUndone) await client.query('savepoint s')
        if (isUndone) {
          const undone = jobs(1)
          await appendJobs(asQueryable(client), undone)
          await client.query('rollback to s')
          for (const job of undone) rolledBack.add(job.id)
        }
        ids.push(...some.map((job) => job.id))
      }
      if (random() < 0.04) await systemClock.sleep(random() * 1_500)
      const isKept = random() > 0.15
      await client.query(isKept ? 'commit' : 'rollback')
      for (const id of ids) (isKept ? committed : rolledBack).add(id)
    }
    await client.end()
  }

  const consume = async (): Promise<void> => {
    const client = await connect()
    while (!isStopping) {
      if ((await probe(asQueryable(client), [lane], null)).lanes.length === 0) {
        await systemClock.sleep(2)
        continue
      }
      await client.query('begin')
      const claimed = await claim(asQueryable(client), {
        lane,
        countMax: Math.ceil(random() * 50),
        packMax: Math.ceil(random() * 100),
        worker,
      })
      if (random() < 0.1) {
        await client.query('rollback')
        continue
      }
      await client.query('commit')
      for (const { id } of jobsOf(claimed)) handedOut.set(id, (handedOut.get(id) ?? 0) + 1)
      if (random() < 0.3) await systemClock.sleep(random() * 30)
      assert.equal(await settleAll(client, claimed), 0, 'a settled entry was still there')
    }
    await client.end()
  }

  /** Whole entries at once; of some packs only a part at first, and the rest of their jobs one by one. */
  const settleAll = async (client: pg.Client, claimed: readonly ClaimedEntry[]): Promise<number> => {
    const db = asQueryable(client)
    const apart = claimed.filter((entry) => entry.count > 1 && random() < 0.3)
    const keptOf = (entry: ClaimedEntry): number[] => [...Array(entry.count).keys()].filter((n) => n % 3 !== 0)
    let lost =
      apart.length > 0
        ? await carve(
            db,
            apart.map((pack) => ({ pack, kept: keptOf(pack) })),
          )
        : 0
    const keys = claimed.flatMap((entry): SettledEntry[] =>
      apart.includes(entry) ? keptOf(entry).map((n) => new ClaimedJob(entry, n).key) : [entry],
    )
    lost += await settle(db, { succeeded: keys, others: [] }, [...new Set(claimed.map((entry) => entry.lease))])
    return lost
  }

  const consumers = Array.from({ length: CLAIMERS }, consume)
  await Promise.all(Array.from({ length: PRODUCERS }, produce))
  const deadline = systemClock.monotonic() + DRAIN_MS_MAX
  while (handedOut.size < committed.size && systemClock.monotonic() < deadline) await systemClock.sleep(20)
  isStopping = true
  await Promise.all(consumers)

  assert.ok(committed.size > 1_000, `the torture was real: ${committed.size} entries committed`)
  const lost = [...committed].filter((id) => !handedOut.has(id))
  const twice = [...handedOut].filter(([, times]) => times > 1)
  const phantoms = [...rolledBack].filter((id) => handedOut.has(id))
  assert.deepEqual(
    { lost: lost.length, twice: twice.length, phantoms: phantoms.length },
    { lost: 0, twice: 0, phantoms: 0 },
  )
  const { rows } = await t.db.query(
    'select (select count(*) from millrace.entry) + (select count(*) from millrace.lease) as left',
  )
  assert.equal(rows[0]?.['left'], '0', 'nothing is left behind')
  const work = await probe(t.db, [lane], null)
  assert.deepEqual(work.lanes, [], 'an empty lane has no work')
})

function asQueryable(client: pg.Client): Parameters<typeof appendJobs>[0] {
  const query = async (
    statement: string | { name: string; text: string },
    values: readonly unknown[] = [],
  ): Promise<unknown> =>
    client.query({ ...(typeof statement === 'string' ? { text: statement } : statement), values: [...values] })
  return { query } as Parameters<typeof appendJobs>[0]
}
