/** Drain by 1 to 256 handlers in each of 1 to 4 worker processes: with handlers that do nothing, and that wait. */
import { type ContestantProcess, startContestant } from '../contestants/process.ts'
import type { Tally } from '../contestants/workers.ts'
import { openStore, type Store } from '../session.ts'
import { perSecond, type Trial } from './measure.ts'

const PROCESSES = [1, 2, 4] as const
const HANDLERS = [1, 16, 256] as const
/** Milliseconds that a handler waits. */
const JOB_MS = [0, 1] as const
/** A short drain says little about a long one: jobs become more by this factor at most. */
const GROWTH_MAX = 20
/** The time runs from when this share of the jobs has run: starting a worker is not what is measured. */
const SHARE_BEFORE = 0.1
const LOOK_MS = 3
const STUCK_MS = 120_000

interface Step {
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
    for (const processes of PROCESSES) {
      for (const handlers of HANDLERS) {
        const rate = await drainForAWhile(trial, store, workers.slice(0, processes), { handlers, jobMs })
        trial.point(`${jobMs === 0 ? 'noop' : 'wait'} ${processes}`, handlers, rate)
        const told = `${Math.round(rate).toLocaleString('en')} jobs/s`
        trial.progress(`${processes} × ${handlers} handlers of ${jobMs} ms: ${told}`)
      }
    }
  }
}

/** With more and more jobs, until a drain takes long enough to be measured. */
async function drainForAWhile(
  trial: Trial,
  store: Store,
  workers: readonly ContestantProcess[],
  step: Step,
): Promise<number> {
  const { gridStepCountMin, gridStepCountMax, gridStepMs } = trial.sizes
  for (let count = gridStepCountMin; ; ) {
    trial.signal.throwIfAborted()
    const { ms, rate } = await drainTogether(trial, store, workers, step, count)
    if (ms >= gridStepMs / 2 || count >= gridStepCountMax) return rate
    const factor = Math.min(GROWTH_MAX, gridStepMs / Math.max(ms, 1))
    count = Math.min(gridStepCountMax, Math.round(count * factor))
  }
}

/** How long it took, and jobs a second. @throws when a job ran twice, or not at all. */
async function drainTogether(
  { contestant }: Trial,
  store: Store,
  workers: readonly ContestantProcess[],
  { handlers, jobMs }: Step,
  count: number,
): Promise<{ readonly ms: number; readonly rate: number }> {
  const [first] = workers
  if (first === undefined) throw new Error('there is no process')
  await first.ask('fill', { count, chunk: contestant.chunk })
  await store.settle()
  const setting = contestant.settingOf(handlers)
  await Promise.all(workers.map((worker) => worker.ask('start', { setting, jobMs })))
  const deadline = performance.now() + STUCK_MS
  let begun: { readonly at: number; readonly ran: number } | undefined
  for (;;) {
    const { ran, at } = sumOf(await Promise.all(workers.map((worker) => worker.ask('tally', undefined))))
    if (ran >= count * SHARE_BEFORE) begun ??= { at, ran }
    if (ran >= count && (await first.left()) === 0) break
    if (performance.now() > deadline) throw new Error(`only ${ran} of ${count} jobs ended after ${STUCK_MS / 1_000} s`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  const endedAt = performance.timeOrigin + performance.now()
  const all = sumOf(await Promise.all(workers.map((worker) => worker.ask('stop', undefined))))
  const wanted = (count * (count - 1)) / 2
  if (all.ran !== count || all.sum !== wanted)
    throw new Error(`${all.ran} jobs ran (checksum ${all.sum}), not ${count} (${wanted})`)
  // all that was fetched ahead ran between two looks: too few jobs to tell
  if (begun === undefined || begun.ran >= count * (1 - SHARE_BEFORE)) return { ms: 0, rate: Number.NaN }
  const ms = endedAt - begun.at
  return { ms, rate: perSecond(count - begun.ran, ms) }
}

function sumOf(tallies: readonly Tally[]): Tally {
  return {
    ran: tallies.reduce((all, { ran }) => all + ran, 0),
    sum: tallies.reduce((all, { sum }) => all + sum, 0),
    at: Math.max(...tallies.map(({ at }) => at)),
  }
}
