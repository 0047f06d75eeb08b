/**
 * The drain while an old snapshot is held, over the jobs that have passed since. Vacuum can remove nothing meanwhile, so
 * whatever walks over dead rows becomes slower with each job. Two databases take turns, one with a snapshot that is held and
 * one without: a snapshot holds up vacuum in its own database only.
 */
import type { JobKind } from '../contestants/system.ts'
import { holdSnapshot } from '../servers/snapshot.ts'
import { openSession, type Session } from '../session.ts'
import { perSecond, type Trial } from './measure.ts'

/** One step takes about so long for the slower of the two. */
const STEP_MS = 1_200
const STEP_COUNT_MAX = 100_000
/** Steps before the snapshot is taken, each as long as the last one's rate suggests: the first are mostly starts. */
const WARM_UP_STEPS = 3

export async function held(trial: Trial): Promise<void> {
  for (const setting of trial.contestant.heldSettings) {
    for (const kind of trial.contestant.kinds) await drawBoth(trial, kind, setting)
  }
}

async function drawBoth(trial: Trial, kind: JobKind, setting: string): Promise<void> {
  const { servers, contestant, sizes, signal } = trial
  await using free = await openSession(servers, contestant, '_free')
  await using holding = await openSession(servers, contestant, '_held')
  const deadline = performance.now() + sizes.heldMsMax
  const countMax = sizes.heldJobCount[kind]
  const step = { count: sizes.heldStepCountMin, chunk: contestant.chunk, kind, setting }
  const next = (rate: number): number => {
    const wanted = Math.min(STEP_COUNT_MAX, countMax / 2, (rate * STEP_MS) / 1_000)
    return Math.max(1, Math.round(wanted / sizes.heldStepCountMin)) * sizes.heldStepCountMin
  }
  for (let n = 0; n < WARM_UP_STEPS; n += 1) {
    const rates = [await pass(free, step), await pass(holding, step)]
    step.count = next(Math.min(...rates))
  }
  await using _snapshot = await holdSnapshot(holding.url)
  for (let passed = 0, isOdd = false; passed < countMax && performance.now() < deadline; isOdd = !isOdd) {
    signal.throwIfAborted()
    const rates = { free: 0, held: 0 }
    for (const side of isOdd ? (['held', 'free'] as const) : (['free', 'held'] as const))
      rates[side] = await pass(side === 'free' ? free : holding, step)
    passed += step.count
    trial.point(`${kind} free`, passed, rates.free, setting)
    trial.point(`${kind} held`, passed, rates.held, setting)
    const [inAll, held, freely] = [passed, rates.held, rates.free].map((n) => Math.round(n).toLocaleString('en'))
    trial.progress(`${kind} (${setting}): ${inAll} jobs passed; held ${held} jobs/s, not held ${freely}`)
    step.count = next(Math.min(rates.free, rates.held))
  }
}

interface Step {
  readonly count: number
  readonly chunk: number
  readonly kind: JobKind
  readonly setting: string
}

/**
 * Submits so many jobs, and answers how many a second were worked off. The planner's statistics are those of an empty queue:
 * that is what autovacuum finds in a queue whose workers keep up.
 */
export async function pass(session: Session, { count, chunk, kind, setting }: Step): Promise<number> {
  await session.settle()
  await session.process.ask('fill', { count, chunk, kind })
  const { ms } = await session.process.ask('drain', { count, setting })
  return perSecond(count, ms)
}
