/**
 * A tenant with a million jobs, and a worker that works: how long another tenant's job waits until its handler starts. The
 * worker has claimed some of the many ahead, so this is more than a claim, and more than on an idle queue.
 */
import { defineApp } from 'millrace/app'
import { type Handler, handler, handlers } from 'millrace/worker'
import { workerProcess } from '../millrace-inside.ts'
import { fillLog } from './fill.ts'
import { tellEvery } from './plain.ts'
import { type BacklogRow, type BacklogRun, openSides, rowOf } from './scenario.ts'
import type { Side } from './side.ts'
import { shared, TASKS } from './tasks.ts'

const CROWD = 'crowd'
/** How long each job takes. */
const JOB_MS = 5
/** Blocks of samples, each with a worker of its own: the two sides take turns. */
const BLOCKS = 4
/** A sample takes longer than a claim: there are fewer. */
const SAMPLE_SHARE = 5
const START_MS_MAX = 30_000
const STOP_MS = 10_000
const LATE_MS = 30_000
/** Pauses between samples, so that none meets the same moment of a poll. */
const PAUSE_MS = [13, 22, 17, 29, 11, 25, 19, 31]

export async function waiting(run: BacklogRun): Promise<readonly BacklogRow[]> {
  const { sizes, signal } = run
  await using sides = await openSides(run)
  const lane = sides.full.lanes.get(shared.queue.name).flow?.intake ?? 0
  const backlog = { lane, task: shared.name, fields: `"tenant":"${CROWD}"`, place: { tenant: CROWD } }
  await fillLog(sides.full, backlog, sizes.tenantCount, tellEvery(run, 'jobs of one', sizes.tenantCount))
  await sides.full.settle()
  const samples = { empty: [] as number[], full: [] as number[] }
  const count = Math.ceil(sizes.sampleCount / SAMPLE_SHARE / BLOCKS)
  // one side at a time: two workers would share the cores
  for (let block = 0; block < BLOCKS; block += 1) {
    for (const name of block % 2 === 0 ? (['empty', 'full'] as const) : (['full', 'empty'] as const)) {
      signal.throwIfAborted()
      samples[name].push(...(await waitsOf(sides[name], count)))
    }
  }
  const scenario = `a tenant with ${sizes.tenantCount.toLocaleString('en')} jobs and a busy worker`
  const figure = `another's job, from submit to its handler (jobs of ${JOB_MS} ms)`
  return [rowOf(scenario, figure, samples.empty, samples.full)]
}

/** Starts a worker, and submits one job of another tenant after the other. */
async function waitsOf(side: Side, count: number): Promise<readonly number[]> {
  const started = new Map<number, () => void>()
  const run = handler(shared, async ({ input }) => {
    if (input.tenant !== CROWD) started.get(input.i)?.()
    await pause(JOB_MS)
  })
  const app = defineApp({
    name: 'backlog',
    tasks: TASKS,
    worker: async () => ({
      default: handlers([{ task: shared, load: async () => ({ default: run as unknown as Handler }) }]),
    }),
  })
  const { service } = await workerProcess(app, side.settings)
  await service.start(AbortSignal.timeout(START_MS_MAX))
  const waits: number[] = []
  try {
    for (let i = -WARM_UP_COUNT; i < count; i += 1) {
      await pause(PAUSE_MS[Math.abs(i) % PAUSE_MS.length] ?? 0)
      const start = new Promise<number>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("another's job did not start")), LATE_MS)
        started.set(i, () => {
          clearTimeout(timer)
          resolve(performance.now())
        })
      })
      const began = performance.now()
      await side.client.submit(shared, { i, tenant: `tenant ${Math.abs(i) % 100}` })
      const waited = (await start) - began
      if (i >= 0) waits.push(waited)
    }
  } finally {
    await service.stop({ drainMs: STOP_MS })
  }
  return waits
}

/** Samples that do not count: a new worker has measured no jobs yet, and has a backlog to take in. */
const WARM_UP_COUNT = 10

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
