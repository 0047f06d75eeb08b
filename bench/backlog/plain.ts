/** Ten million jobs that wait, and ten million that are not due: what a claim, a look and a promotion take. */
import { probe, promote } from '../millrace-inside.ts'
import { fillDeferred, fillLog } from './fill.ts'
import { type BacklogRow, type BacklogRun, compare, openSides, type Sample } from './scenario.ts'
import type { Side } from './side.ts'
import { plain } from './tasks.ts'

/** A claim of a worker with slow handlers, and one of a worker with fast ones. */
const SMALL = { countMax: 10, packMax: 1 }
const LARGE = { countMax: 2_000, packMax: 100 }
/** Large claims are taken so much more rarely: each uses up 2,000 jobs of the side that is to be nearly empty. */
const LARGE_SHARE = 10
const SPARE = 5_000

export async function queued(run: BacklogRun): Promise<readonly BacklogRow[]> {
  const { rowCount, sampleCount } = run.sizes
  await using sides = await openSides(run)
  const largeCount = Math.ceil(sampleCount / LARGE_SHARE)
  const needed = roundUp((sampleCount * SMALL.countMax + largeCount * LARGE.countMax) * 1.1 + SPARE)
  await fill(run, sides.empty, needed)
  await fill(run, sides.full, Math.max(needed, rowCount))
  const claimOnce = async (side: Side, figure: string, way: typeof SMALL): Promise<Sample> => {
    const lane = laneOf(side)
    const began = performance.now()
    await probe(side.engine, [lane], null)
    const lookMs = performance.now() - began
    const { jobs, ms } = await side.claim({ lane, ...way })
    if (jobs.length !== way.countMax) throw new Error(`a claim of ${way.countMax} jobs took ${jobs.length}`)
    await side.succeed(jobs)
    return { [figure]: ms, ...(way === SMALL ? { 'a look for work': lookMs } : {}) }
  }
  const scenario = `${rowCount.toLocaleString('en')} jobs queued`
  const rows = [
    ...(await compare(run, scenario, sides, sampleCount, (side) => claimOnce(side, 'a claim of 10 jobs', SMALL))),
    ...(await compare(run, scenario, sides, largeCount, (side) => claimOnce(side, 'a claim of 2,000 jobs', LARGE))),
  ]
  await checkLeft(sides.full, Math.max(needed, rowCount))
  await checkLeft(sides.empty, needed)
  return rows
}

export async function deferred(run: BacklogRun): Promise<readonly BacklogRow[]> {
  const { rowCount, sampleCount } = run.sizes
  await using sides = await openSides(run)
  const of = { lane: laneOf(sides.full), task: plain.name }
  const told = tellEvery(run, 'jobs deferred', rowCount)
  await fillDeferred(sides.full, of, rowCount, told)
  await sides.full.settle()
  const scenario = `${rowCount.toLocaleString('en')} jobs deferred`
  const rows = await compare(run, scenario, sides, sampleCount, async (side, i) => {
    const lane = laneOf(side)
    await side.client.submit(plain, { i }, { delayMs: 1 })
    const lookMs = await untilDue(side, lane)
    const began = performance.now()
    const { moved } = await promote(side.engine, null)
    const promoteMs = performance.now() - began
    if (moved !== 1) throw new Error(`${moved} jobs were due, not 1`)
    const { jobs, ms } = await side.claim({ lane, ...SMALL })
    if (jobs.length !== 1) throw new Error(`a claim took ${jobs.length} jobs, not the one that was due`)
    await side.succeed(jobs)
    return { 'a claim of 1 job': ms, 'a look for work': lookMs, 'promoting 1 job that is due': promoteMs }
  })
  for (const [side, count] of [
    [sides.full, rowCount],
    [sides.empty, 0],
  ] as const)
    if ((await side.left()) !== count) throw new Error(`${await side.left()} jobs are left, not ${count}`)
  return rows
}

/** Looks until the job is due. Answers how long the last look took. */
async function untilDue(side: Side, lane: number): Promise<number> {
  for (;;) {
    const began = performance.now()
    const { dueInMs = 1 } = await probe(side.engine, [lane], null)
    const ms = performance.now() - began
    if (dueInMs <= 0) return ms
    await new Promise((resolve) => setTimeout(resolve, dueInMs))
  }
}

async function fill(run: BacklogRun, side: Side, count: number): Promise<void> {
  const told = tellEvery(run, 'jobs queued', count)
  await fillLog(side, { lane: laneOf(side), task: plain.name }, count, told)
  await side.settle()
}

async function checkLeft(side: Side, filled: number): Promise<void> {
  const left = await side.left()
  if (left + side.handedOut.size !== filled)
    throw new Error(`of ${filled} jobs, ${side.handedOut.size} were handed out and ${left} are left`)
}

function laneOf(side: Side): number {
  return side.lanes.get(plain.queue.name).ready.normal
}

function roundUp(count: number): number {
  return Math.ceil(count / 100) * 100
}

const TELL_EVERY = 1_000_000

/** Tells of every million. */
export function tellEvery({ say }: BacklogRun, what: string, count: number): (there: number) => void {
  return (there) => {
    if (there % TELL_EVERY === 0)
      say(`making a backlog: ${there.toLocaleString('en')} of ${count.toLocaleString('en')} ${what}`)
  }
}
