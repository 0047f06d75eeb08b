/** The feeds of a worker process: two for each queue that it has handlers for, ordinary jobs and quarantined ones. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Contract } from '../contract/contract.ts'
import { PRIORITIES, PRIORITY_WEIGHTS } from '../contract/task.ts'
import type { Queryable } from '../data/transaction.ts'
import type { ClaimedJob } from '../queue/claimed.ts'
import type { FlowLanes, Lanes, QueueLanes } from '../queue/lanes.ts'
import type { Runtime } from './attempt.ts'
import { Feed, type Source } from './feed.ts'
import type { Handlers } from './handler.ts'

/** Jobs of a queue that one process runs at a time, unless the application says otherwise. */
export const CONCURRENCY = 10

export function openFeeds(parts: {
  readonly contract: Contract
  readonly handlers: Handlers
  readonly lanes: Lanes
  readonly runtime: Runtime
  readonly start: (job: ClaimedJob, isQuarantined: boolean, ended: () => void) => void
  /** A slot has become free. */
  readonly onFree: () => void
}): readonly Feed[] {
  const { contract, handlers, lanes, runtime, onFree } = parts
  // whoever brings a hint of work acts in somebody's name, in a transaction perhaps: no job begins inside of that
  const inOwnContext = AsyncLocalStorage.snapshot()
  const start: typeof parts.start = (...given) => inOwnContext(() => parts.start(...given))
  const queues = [...contract.queues.keys()].filter((queue) =>
    [...contract.tasks.values()].some((t) => t.queue.name === queue && handlers.entries.has(t.name)),
  )
  const monotonic = (): number => runtime.clock.monotonic()
  return queues.flatMap((queue) => {
    const ofQueue = lanes.get(queue)
    return [
      new Feed({
        queue,
        sources: sourcesOf(ofQueue),
        concurrency: (handlers.concurrency[queue] ?? CONCURRENCY) * batchOf(handlers, queue),
        isOneByOne: false,
        monotonic,
        onFree,
        start: (job, ended) => start(job, false, ended),
      }),
      new Feed({
        queue,
        sources: [source(ofQueue.quarantine, 1)],
        concurrency: 1,
        isOneByOne: true,
        monotonic,
        onFree,
        start: (job, ended) => start(job, true, ended),
      }),
    ]
  })
}

/**
 * Lets the feeds draw from lanes that another release has added since, with more partitions of a queue or with rules: it
 * submits to them, and this release may be all that runs. Answers whether there were any.
 */
export async function learnLanes(parts: {
  readonly db: Queryable
  readonly lanes: Lanes
  readonly feeds: readonly Feed[]
}): Promise<boolean> {
  const { db, lanes, feeds } = parts
  if (!(await lanes.learn(db))) return false
  for (const feed of feeds) {
    const ofQueue = lanes.get(feed.queue)
    const isQuarantine = feed.sources.some((source) => source.lane === ofQueue.quarantine)
    if (!isQuarantine) feed.renew(sourcesOf(ofQueue))
  }
  return true
}

function sourcesOf({ partitions, flow }: QueueLanes): readonly Source[] {
  const ready = PRIORITIES.flatMap((p) =>
    partitions[p].map((lane, _, all) => source(lane, PRIORITY_WEIGHTS[p] / all.length)),
  )
  return flow === undefined ? ready : [...ready, flowSource(flow)]
}

function source(lane: number, weight: number): Source {
  return { lane, hintedBy: [lane], isGoverned: false, weight, hasMore: false }
}

/** What waits there has no slot yet: it weighs as much as all that have. */
function flowSource({ intake, flow }: FlowLanes): Source {
  const weight = PRIORITIES.reduce((sum, p) => sum + PRIORITY_WEIGHTS[p], 0)
  return { lane: flow, hintedBy: [flow, intake], isGoverned: true, intake, weight, hasMore: false }
}

/** Jobs in one slot of a queue: a batch takes one. */
function batchOf(handlers: Handlers, queue: string): number {
  const sizes = [...handlers.entries.values()]
    .filter((e) => e.task.queue.name === queue)
    .map((e) => e.batch?.countMax ?? 1)
  return Math.max(1, ...sizes)
}
