/** What a job writes in its whole life, from submit to its end: bytes of write-ahead log, and transactions that wrote. */
import type { JobKind } from '../contestants/system.ts'
import type { FigureId } from '../results.ts'
import { between, COUNTERS, type Counters } from '../servers/counters.ts'
import { openSession, type Session } from '../session.ts'
import type { Trial } from './measure.ts'

interface Way {
  readonly kind: JobKind
  /** Submitted one at a time with pauses between, or many in a call. */
  readonly isAlone: boolean
  readonly wal: FigureId
  readonly commits: FigureId
}

const WAYS: readonly Way[] = [
  { kind: 'plain', isAlone: false, wal: 'walBulk', commits: 'commitsBulk' },
  { kind: 'plain', isAlone: true, wal: 'walSingle', commits: 'commitsSingle' },
  { kind: 'tracked', isAlone: false, wal: 'walTracked', commits: 'commitsTracked' },
  { kind: 'deferred', isAlone: false, wal: 'walDeferred', commits: 'commitsDeferred' },
  { kind: 'governed', isAlone: false, wal: 'walGoverned', commits: 'commitsGoverned' },
]

/** Longer than any system waits for a second job. */
const ALONE_PAUSE_MS = 7
const ALONE_COUNT = 200

export async function wal(trial: Trial): Promise<void> {
  const { servers, contestant, found } = trial
  if (contestant.store !== 'postgres') return
  await using _pause = await servers.postgres.pauseAutovacuum()
  for (const way of WAYS.filter(({ kind }) => contestant.kinds.includes(kind))) {
    await using session = await openSession(servers, contestant)
    const perJob = await lives(trial, session, way)
    found(way.wal, perJob.walBytes)
    found(way.commits, perJob.xids)
  }
}

/** What a job costs, on average. */
async function lives({ contestant, sizes }: Trial, session: Session, { kind, isAlone }: Way): Promise<Counters> {
  const { process } = session
  const { chunk } = contestant
  const setting = contestant.heldSettings[0] ?? ''
  // after a checkpoint each page is written in full once: the warm-up pays for that, or few jobs would seem to cost much
  await session.settle()
  await process.ask('fill', { count: sizes.warmUpJobCount, chunk, kind })
  await process.ask('drain', { count: sizes.warmUpJobCount, setting })
  const before = await read(session)
  const count = isAlone ? ALONE_COUNT : sizes.walJobCount
  if (isAlone) await process.ask('alone', { count, pauseMs: ALONE_PAUSE_MS })
  else await process.ask('fill', { count, chunk, kind })
  await process.ask('drain', { count, setting })
  const { walBytes, xids } = between(before, await read(session))
  return { walBytes: walBytes / count, xids: xids / count }
}

async function read(session: Session): Promise<Counters> {
  const [counters] = await session.query<Counters>(COUNTERS)
  if (counters === undefined) throw new Error('the server said nothing')
  return counters
}
