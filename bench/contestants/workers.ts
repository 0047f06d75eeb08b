/** A worker that goes on working while the benchmark asks: several processes share a queue, or there is nothing to do. */
import { workerOf } from './measuring.ts'
import type { System } from './system.ts'

export interface StartOrder {
  readonly setting: string
  readonly isTransactional?: boolean
  /** How long each handler waits. 0: not at all. */
  readonly jobMs?: number
}

export interface Tally {
  readonly ran: number
  /** When it was counted, in milliseconds since 1970: a busy process answers late. */
  readonly at: number
  /** Of what the jobs carry: shows that each ran once. */
  readonly sum: number
}

interface Running {
  ran: number
  sum: number
  readonly stop: () => Promise<void>
}

const running = new WeakMap<System, Running>()

/** Starts one worker, which works until `stop`. */
export async function start(system: System, order: StartOrder): Promise<object> {
  const { setting, isTransactional = false, jobMs = 0 } = order
  const count = { ran: 0, sum: 0, stop: async () => {} }
  running.set(system, count)
  count.stop = await workerOf(system, isTransactional)(setting, ({ i }) => {
    count.ran += 1
    count.sum += i
    if (jobMs > 0) return new Promise((resolve) => setTimeout(resolve, jobMs))
  })
  return {}
}

/** What the worker has begun since it was started. */
export async function tally(system: System): Promise<Tally> {
  const { ran = 0, sum = 0 } = running.get(system) ?? {}
  return { ran, sum, at: performance.timeOrigin + performance.now() }
}

/** Stops it. Answers all that it has run. */
export async function stop(system: System): Promise<Tally> {
  await running.get(system)?.stop()
  const all = await tally(system)
  running.delete(system)
  return all
}
