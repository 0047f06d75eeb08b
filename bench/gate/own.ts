/** Millrace beside itself: with and without a held snapshot, with and without a backlog; and what a job writes. */
import { queued } from '../backlog/plain.ts'
import { CONTESTANTS } from '../contestants/contestants.ts'
import type { JobKind } from '../contestants/system.ts'
import { pass } from '../measures/held.ts'
import { wal } from '../measures/wal.ts'
import { FIGURES } from '../results.ts'
import { holdSnapshot } from '../servers/snapshot.ts'
import { openSession, type Servers } from '../session.ts'
import { QUICK } from '../sizes.ts'

/** Jobs of one step of each kind: about a third of a second. The first steps make the dead rows. */
const STEP_COUNT: Readonly<Record<JobKind, number>> = { plain: 30_000, tracked: 2_500, deferred: 8_000, governed: 500 }
const STEPS = 4
/** The steps that count. */
const LAST_STEPS = 3
const BACKLOG = { rowCount: 200_000, tenantCount: 0, keyCount: 0, sampleCount: 200 }
/** Enough that the rounds of claims and settling are like those of many jobs. */
const WAL_JOB_COUNT = 3_000

const MILLRACE = CONTESTANTS.filter(({ name }) => name === 'millrace')

/** How much of its rate the drain keeps while a snapshot is held, for each kind of job. */
export async function heldRatios(servers: Servers, say: (line: string) => void): Promise<ReadonlyMap<string, number>> {
  const ratios = new Map<string, number>()
  for (const contestant of MILLRACE) {
    await using free = await openSession(servers, contestant, '_free')
    await using holding = await openSession(servers, contestant, '_held')
    const { chunk } = contestant
    for (const kind of contestant.kinds) {
      const step = { count: STEP_COUNT[kind], chunk, kind, setting: 'defaults' }
      for (const session of [free, holding]) await pass(session, { ...step, count: step.count / 2 })
    }
    await using _snapshot = await holdSnapshot(holding.url)
    for (const kind of contestant.kinds) {
      const step = { count: STEP_COUNT[kind], chunk, kind, setting: 'defaults' }
      const found = { free: [] as number[], held: [] as number[] }
      for (let n = 0; n < STEPS; n += 1) {
        for (const side of n % 2 === 0 ? (['free', 'held'] as const) : (['held', 'free'] as const))
          found[side].push(await pass(side === 'free' ? free : holding, step))
      }
      // the best of each: other programs only ever slow one down
      const bestOf = (rates: readonly number[]): number => Math.max(...rates.slice(-LAST_STEPS))
      ratios.set(`snapshot held to not held, ${kind} jobs`, bestOf(found.held) / bestOf(found.free))
      say(`gate: ${kind} jobs with a snapshot held`)
    }
  }
  return ratios
}

/** Bytes of write-ahead log and transactions that write, of one job. */
export async function writesPerJob(servers: Servers): Promise<ReadonlyMap<string, number>> {
  const writes = new Map<string, number>()
  for (const contestant of MILLRACE) {
    await wal({
      servers,
      contestant,
      sizes: { ...QUICK, walJobCount: WAL_JOB_COUNT },
      signal: new AbortController().signal,
      found: (figure, value) => writes.set(FIGURES.find(({ id }) => id === figure)?.title ?? figure, value),
      tried: () => {},
      point: () => {},
      asked: () => {},
      progress: () => {},
    })
  }
  return writes
}

/** How much longer a claim and a look take behind a backlog. */
export async function backlogRatios(servers: Servers): Promise<ReadonlyMap<string, number>> {
  const signal = new AbortController().signal
  const rows = await queued({ postgres: servers.postgres, sizes: BACKLOG, signal, say: () => {} })
  return new Map(
    rows.flatMap(({ figure, full, empty, ratio, sampleCount }) => [
      [`backlog to empty, ${figure}, p50`, full.p50 / empty.p50] as const,
      // of fewer samples, a p99 is one of them
      ...(sampleCount < BACKLOG.sampleCount ? [] : [[`backlog to empty, ${figure}, p99`, ratio] as const]),
    ]),
  )
}
