/** The feeds of a worker process: two for each queue that it has handlers for, ordinary jobs and quarantined ones. */
import type { Contract } from '../contract/contract.ts'
import { PRIORITIES, PRIORITY_WEIGHTS } from '../contract/task.ts'
import type { ClaimedJob } from '../queue/claimed.ts'
import type { Lanes } from '../queue/lanes.ts'
import { Feed } from './feed.ts'
import type { Handlers, Runtime } from './handler.ts'

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
  const { contract, handlers, lanes, runtime, start, onFree } = parts
  const queues = contract.queues.filter((queue) =>
    [...contract.tasks.values()].some((t) => t.queue === queue && handlers.entries.has(t.name)),
  )
  const monotonic = (): number => runtime.clock.monotonic()
  return queues.flatMap((queue) => {
    const { ready, quarantine } = lanes.get(queue)
    return [
      new Feed({
        queue,
        sources: PRIORITIES.map((p) => ({ lane: ready[p], weight: PRIORITY_WEIGHTS[p], hasMore: false })),
        concurrency: handlers.concurrency[queue] ?? CONCURRENCY,
        isOneByOne: false,
        monotonic,
        onFree,
        start: (job, ended) => start(job, false, ended),
      }),
      new Feed({
        queue,
        sources: [{ lane: quarantine, weight: 1, hasMore: false }],
        concurrency: 1,
        isOneByOne: true,
        monotonic,
        onFree,
        start: (job, ended) => start(job, true, ended),
      }),
    ]
  })
}
