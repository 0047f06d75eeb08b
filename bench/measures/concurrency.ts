/** Drain by 1 to 256 handlers in each of 1 to 4 worker processes: with handlers that do nothing, and that wait. */
import { type ContestantProcess, startContestant } from '../contestants/process.ts'
import type { Tally } from '../contestants/workers.ts'
import { openStore, type Store } from '../session.ts'
import { perSecond, type Trial } from './measure.ts'

const PROCESSES = [1, 2, 4] as const
const HANDLERS = [1, 16, 256] as const
/** Milliseconds that a handler waits. */
const JOB_MS = [0, 1] as const
/** One measurement takes about so long. */
const STEP_MS = 1_000
const STEP_COUNT_MAX = 100_000
/** The time runs from when this share of the jobs has run: starting a worker is not what is measured. */
const SHARE_BEFORE = 0.1
const LOOK_MS = 3
const STUCK_MS = 120_000

interface Step {
  readonly processes: number
  readonly handlers: number
  readonly jobMs: number
}

export async function concurrency(trial: Trial): Promise<void> {
  await using cleanup = new AsyncDisposableStack()
  const store = cleanup.use(await openStore(trial.servers, trial.contestant))
  const workers: ContestantProcess[] = []
  for (let n = 0; n < Math.max(...PROCESSES); n += 1)
    workers.push(cleanup.use(await startContestant(trial.contestant.module, store.url)))
  for (const jobMs of JOB_MS) {
    const rates = new Map<number, number>()
    let rate = perSecond(trial.sizes.gridStepCountMin, STEP_MS)
    for (const processes of PROCESSES) {
      for (const handlers of HANDLERS) {
        trial.signal.throwIfAborted()
        const step = { processes, handlers, jobMs }
        const count = countOf(step, rates.get(handlers) ?? rate, trial.sizes.gridStepCountMin)
        rate = await drainTogether(trial, store, workers.slice(0, processes), step, count)
        rates.set(handlers, rate)
        trial.point(`${jobMs === 0 ? 'noop' : 'wait'} ${processes}`, handlers, rate)
        trial.progress(
          `${processes} × ${handlers} handlers of ${jobMs} ms: ${Math.round(rate).toLocaleString('en')} jobs/s`,
        )
      }
    }
  }
}

/** As many jobs as take about a second, going by what came before. */
function countOf({ processes, handlers, jobMs }: Step, rateBefore: number, countMin: number): number {
  const possible = jobMs === 0 ? Number.POSITIVE_INFINITY : perSecond(handlers * processes, jobMs)
  return Math.round(Math.min(STEP_COUNT_MAX, Math.max(countMin, (Math.min(rateBefore, possible) * STEP_MS) / 1_000)))
}

/** Jobs a second. @throws when a job ran twice, or not at all. */
async function drainTogether(
  { contestant }: Trial,
  store: Store,
  workers: readonly ContestantProcess[],
  { handlers, jobMs }: Step,
  count: number,
): Promise<number> {
  const [first] = workers
  if (first === undefined) throw new Error('there is no process')
  await first.ask('fill', { count, chunk: contestant.chunk })
  await store.settle()
  const setting = contestant.settingOf(handlers)
  await Promise.all(workers.map((worker) => worker.ask('start', { setting, jobMs })))
  const deadline = performance.now() + STUCK_MS
  let begun: { readonly at: number; readonly ran: number } | undefined
  for (;;) {
    const { ran } = sumOf(await Promise.all(workers.map((worker) => worker.ask('tally', undefined))))
    const now = performance.now()
    if (ran >= count * SHARE_BEFORE) begun ??= { at: now, ran }
    if (ran >= count && (await first.left()) === 0) break
    if (now > deadline) throw new Error(`only ${ran} of ${count} jobs ended after ${STUCK_MS / 1_000} s`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  const endedAt = performance.now()
  const all = sumOf(await Promise.all(workers.map((worker) => worker.ask('stop', undefined))))
  const wanted = (count * (count - 1)) / 2
  if (all.ran !== count || all.sum !== wanted)
    throw new Error(`${all.ran} jobs ran (checksum ${all.sum}), not ${count} (${wanted})`)
  if (begun === undefined || begun.ran >= count) throw new Error('it was over before it could be measured')
  return perSecond(count - begun.ran, endedAt - begun.at)
}

function sumOf(tallies: readonly Tally[]): Tally {
  return tallies.reduce((all, tally) => ({ ran: all.ran + tally.ran, sum: all.sum + tally.sum }), { ran: 0, sum: 0 })
}
