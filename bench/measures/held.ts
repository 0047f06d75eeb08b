/**
 * The drain while an old snapshot is held, over the jobs that have passed since. Vacuum can remove nothing meanwhile, so
 * whatever walks over dead rows becomes slower with each job. Two databases take turns, one with a snapshot that is held and
 * one without: a snapshot holds up vacuum in its own database only.
 */
import pg from 'pg'
import type { JobKind } from '../contestants/system.ts'
import { openSession, type Session } from '../session.ts'
import { perSecond, type Trial } from './measure.ts'

/** One step takes about so long for the slower of the two. */
const STEP_MS = 1_200
const STEP_COUNT_MAX = 100_000

export async function held(trial: Trial): Promise<void> {
  for (const setting of trial.contestant.heldSettings) {
    for (const kind of trial.contestant.kinds) await drawBoth(trial, kind, setting)
  }
}

async function drawBoth(trial: Trial, kind: JobKind, setting: string): Promise<void> {
  const { servers, contestant, sizes, signal } = trial
  await using free = await openSession(servers, contestant, '_free')
  await using holding = await openSession(servers, contestant, '_held')
  for (const session of [free, holding]) await pass(session, sizes.heldStepCountMin, kind, setting, contestant.chunk)
  await using _snapshot = await holdSnapshot(holding.url)
  const deadline = performance.now() + sizes.heldMsMax
  const countMax = sizes.heldJobCount[kind]
  let count = sizes.heldStepCountMin
  for (let passed = 0, isOdd = false; passed < countMax && performance.now() < deadline; isOdd = !isOdd) {
    signal.throwIfAborted()
    const rates = { free: 0, held: 0 }
    for (const side of isOdd ? (['held', 'free'] as const) : (['free', 'held'] as const)) {
      const session = side === 'free' ? free : holding
      rates[side] = await pass(session, count, kind, setting, contestant.chunk)
    }
    passed += count
    trial.point(`${kind} free`, passed, rates.free, setting)
    trial.point(`${kind} held`, passed, rates.held, setting)
    const [inAll, held, freely] = [passed, rates.held, rates.free].map((n) => Math.round(n).toLocaleString('en'))
    trial.progress(`${kind} (${setting}): ${inAll} jobs passed; held ${held} jobs/s, not held ${freely}`)
    count = nextCount(Math.min(rates.free, rates.held), sizes.heldStepCountMin)
  }
}

/** Submits so many jobs, and answers how many a second were worked off. */
async function pass(session: Session, count: number, kind: JobKind, setting: string, chunk: number): Promise<number> {
  await session.process.ask('fill', { count, chunk, kind })
  await session.settle()
  const { ms } = await session.process.ask('drain', { count, setting })
  return perSecond(count, ms)
}

function nextCount(rate: number, countMin: number): number {
  const wanted = Math.min(STEP_COUNT_MAX, Math.max(countMin, (rate * STEP_MS) / 1_000))
  return Math.round(wanted / countMin) * countMin
}

/** A transaction that has looked once and stays open, as a report or a forgotten console does. */
async function holdSnapshot(url: string): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('set idle_in_transaction_session_timeout = 0')
  await client.query('begin isolation level repeatable read')
  await client.query('select 1')
  return {
    async [Symbol.asyncDispose]() {
      await client.query('rollback')
      await client.end()
    },
  }
}
