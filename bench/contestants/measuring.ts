/** The measurements themselves, in the contestant's process: the same code for every system. */
import { type FastifyInstance, fastify } from 'fastify'
import type { JobKind, System } from './system.ts'

/** How long anything here may take before it counts as stuck. */
const STUCK_MS = 120_000
const LOOK_MS = 1

export interface FillOrder {
  readonly count: number
  /** Jobs in one call. */
  readonly chunk: number
  /** Plain ones, unless it says otherwise. */
  readonly kind?: JobKind
}

export interface DrainOrder {
  readonly count: number
  readonly setting: string
  /** Whether the handlers write a row each in the transaction that completes their job. */
  readonly isTransactional?: boolean
}

/** Submits `count` jobs in bulk. Answers how long it took. */
export async function fill(system: System, { count, chunk, kind }: FillOrder): Promise<{ readonly ms: number }> {
  const began = performance.now()
  for (let first = 0; first < count; first += chunk)
    await system.submitMany(first, Math.min(chunk, count - first), kind)
  return { ms: performance.now() - began }
}

/**
 * Works the queue off with one worker. The time runs from the worker's start until the store knows of the last job's end:
 * what was fetched ahead of the first job costs time as well, and a completion that is only in memory is none.
 *
 * @throws when a job ran twice, or not at all.
 */
export async function drain(
  system: System,
  { count, setting, isTransactional = false }: DrainOrder,
): Promise<{ readonly ms: number }> {
  let ran = 0
  let sum = 0
  const began = performance.now()
  const allRan = Promise.withResolvers<undefined>()
  const stop = await workerOf(system, isTransactional)(setting, ({ i }) => {
    ran += 1
    sum += i
    if (ran === count) allRan.resolve(undefined)
  })
  await inTime(allRan.promise, () => `only ${ran} of ${count} jobs ran`)
  await inTime(emptied(system), () => 'jobs that ran are still not completed in the store')
  const ms = performance.now() - began
  await stop()
  const wanted = (count * (count - 1)) / 2
  if (ran !== count || sum !== wanted) throw new Error(`${ran} jobs ran (checksum ${sum}), not ${count} (${wanted})`)
  return { ms }
}

/** Starts one worker of the system. @throws when it has no transactional handlers. */
export function workerOf(system: System, isTransactional: boolean): System['work'] {
  const work = isTransactional ? system.workTransactional : system.work
  if (work === undefined) throw new Error('it has no transactional handlers')
  return work
}

/**
 * Submits one job after the other from each of `callers` for `ms` milliseconds.
 *
 * @throws when the store has other jobs than those that were acknowledged.
 */
export async function single(
  system: System,
  { callers, ms }: { readonly callers: number; readonly ms: number },
): Promise<{ readonly count: number; readonly ms: number }> {
  const before = await system.left()
  let count = 0
  const began = performance.now()
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() - began < ms) await system.submit({ i: count++ })
    }),
  )
  const took = performance.now() - began
  const stored = (await system.left()) - before
  if (stored !== count) throw new Error(`${count} jobs were acknowledged, ${stored} are stored`)
  return { count, ms: took }
}

/** Submits `count` jobs, one at a time with pauses between, so that each is alone. */
export async function alone(
  system: System,
  { count, pauseMs }: { readonly count: number; readonly pauseMs: number },
): Promise<object> {
  for (let i = 0; i < count; i += 1) {
    await pause(pauseMs)
    await system.submit({ i })
  }
  return {}
}

/** Pauses before a sample, so that the queue is idle and no sample meets the same moment of a poll's interval. */
const PAUSE_MS = [13, 22, 17, 29, 11, 25, 19, 31]

/** The time from `submit` being called to the handler's first line, on an idle queue, one job at a time. */
export async function latency(
  system: System,
  { countMax, msMax, setting }: { readonly countMax: number; readonly msMax: number; readonly setting: string },
): Promise<{ readonly samples: readonly number[] }> {
  let onStart: () => void = () => {}
  const stop = await system.work(setting, () => onStart())
  const samples: number[] = []
  const began = performance.now()
  for (let n = 0; n < countMax && performance.now() - began < msMax; n += 1) {
    await pause(PAUSE_MS[n % PAUSE_MS.length] ?? 0)
    const started = new Promise<number>((resolve) => {
      onStart = () => resolve(performance.now())
    })
    const submittedAt = performance.now()
    await system.submit({ i: n })
    samples.push((await inTime(started, () => 'a job was submitted and did not start')) - submittedAt)
  }
  await stop()
  return { samples }
}

/** A plain Fastify in front of the system: POST /jobs answers 202 once the job is stored. Answers where it listens. */
export async function listen(system: System): Promise<{ readonly app: FastifyInstance; readonly url: string }> {
  const app = fastify()
  const body = { type: 'object', required: ['i'], properties: { i: { type: 'number' } } }
  app.post<{ Body: { readonly i: number } }>('/jobs', { schema: { body } }, async (request, reply) => {
    const id = await system.submit(request.body)
    return reply.code(202).header('location', `/jobs/${id}`).send({ id })
  })
  return { app, url: await app.listen({ host: '127.0.0.1', port: 0 }) }
}

async function emptied(system: System): Promise<void> {
  while ((await system.left()) > 0) await pause(LOOK_MS)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function inTime<T>(work: Promise<T>, why: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${why()} after ${STUCK_MS / 1_000} s`)), STUCK_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
