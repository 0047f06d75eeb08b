/** A worker in the test's own process, over a database of its own. */
import type { Blobs } from '../blobs/blobs.ts'
import { type Contract, contractOf } from '../contract/contract.ts'
import type { Task } from '../contract/task.ts'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { type Log, silentLog } from '../kernel/log.ts'
import type { Service } from '../kernel/service.ts'
import { openClient, type QueueClient } from '../queue/client.ts'
import { type Hints, openHints } from '../queue/hints.ts'
import { Lanes } from '../queue/lanes.ts'
import { getOperation, type Operation } from '../queue/operations.ts'
import type { Handlers } from '../worker/handler.ts'
import type { HousekeepingTask } from '../worker/housekeeping.ts'
import { openWorker } from '../worker/worker.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'
import { until } from './until.ts'

export interface TestQueue extends TestDatabase, QueueClient {
  readonly contract: Contract
  readonly lanes: Lanes
  readonly hints: Hints
  /** Starts a worker; it is stopped with everything else. */
  work(handlers: Handlers, options?: TestWorkerOptions): Promise<Service>
}

export interface TestWorkerOptions {
  /** The tasks of another release, of queues that the test's own tasks name as well. */
  readonly release?: readonly Task[]
  readonly leaseMs?: number
  readonly blockedMsMax?: number
  readonly cellEntry?: URL
  readonly cellHeapMbMax?: number
  readonly log?: Log
  readonly housekeeping?: readonly HousekeepingTask[]
  /** The worker's own time, for what it does every few seconds. */
  readonly clock?: Clock
}

const STOP_MS = 5_000

/** An isolated database with the lanes of these tasks, and everything to submit to it and to work on it. */
export async function testQueue(tasks: readonly Task[]): Promise<TestQueue> {
  const database = await testDatabase()
  const { db, url } = database
  const contract = contractOf({ tasks })
  const lanes = new Lanes(contract.queues.values())
  await lanes.open(db)
  const clock = systemClock
  const log = silentLog()
  const hints = openHints({ url, clock, log })
  await hints.start(AbortSignal.timeout(10_000))
  const client = openClient({ db, lanes, hints, clock, log })
  const workers: Service[] = []
  return {
    ...database,
    ...client,
    contract,
    lanes,
    hints,
    async work(handlers, options = {}) {
      const worker = openWorker({
        contract: options.release === undefined ? contract : contractOf({ tasks: options.release }),
        handlers,
        runtime: { db, blobs: noBlobs, ...client, clock: options.clock ?? clock, log: options.log ?? log },
        lanes,
        hints,
        cellEntry: options.cellEntry ?? new URL('file:///no-cell-in-this-test.ts'),
        leaseMs: options.leaseMs ?? 15_000,
        blockedMsMax: options.blockedMsMax ?? 60_000,
        cellHeapMbMax: options.cellHeapMbMax ?? 128,
        housekeeping: options.housekeeping ?? [],
      })
      workers.push(worker)
      await worker.start(AbortSignal.timeout(10_000))
      return worker
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.stop({ drainMs: STOP_MS })))
      await hints.stop({ drainMs: 0 })
      await database[Symbol.asyncDispose]()
    },
  }
}

const noBlobs = new Proxy({} as Blobs, {
  get(_, name) {
    throw new Error(`this test has no blobs, yet ${String(name)} was asked of them`)
  },
})

/** Waits until a tracked job has ended, however it did. */
export function ended(q: Pick<TestQueue, 'db'>, id: string): Promise<Operation> {
  return until(`operation ${id} ends`, async () => {
    const operation = await getOperation(q.db, id)
    return operation.endedAt === null ? undefined : operation
  })
}
