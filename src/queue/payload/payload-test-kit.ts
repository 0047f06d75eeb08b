/** A queue whose large inputs lie in a folder of its own, and processes that hold whatever keys a test gives them. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { payloadBlobs } from '../../app/payload-blobs.ts'
import { type Blobs, blobKey } from '../../blobs/blobs.ts'
import { folderBlobs } from '../../blobs/folder-blobs.ts'
import type { Task } from '../../contract/task.ts'
import { systemClock } from '../../kernel/clock.ts'
import { type Log, silentLog } from '../../kernel/log.ts'
import type { Service } from '../../kernel/service.ts'
import { type TestQueue, testQueue } from '../../testing/test-worker.ts'
import type { Handlers } from '../../worker/handler.ts'
import { openWorker } from '../../worker/worker.ts'
import { openClient, type QueueClient } from '../client.ts'
import { payloadKeys } from './keys.ts'
import { Payloads } from './payloads.ts'
import { payloadPlace } from './place.ts'
import { jobOf, type PayloadStore } from './store.ts'

/** A process, so far as inputs are concerned. */
export interface Side extends QueueClient {
  readonly payloads: Payloads
  work(handlers: Handlers, options?: { readonly cellEntry?: URL; readonly log?: Log }): Promise<Service>
}

export interface PayloadQueue extends AsyncDisposable {
  readonly q: TestQueue
  readonly folder: string
  readonly blobs: Blobs
  readonly store: PayloadStore
  /** A process with these keys, as PAYLOAD_KEYS names them. */
  side(keys?: string, isAllEncrypted?: boolean): Side
  /** The names of the inputs that lie in blobs. */
  kept(): Promise<readonly string[]>
  /** Everything that the database and the blobs hold of inputs. */
  atRest(): Promise<string>
}

const STOP_MS = 5_000
const ENVIRONMENT = 'test'

/** A new key, as PAYLOAD_KEYS takes it. */
export function newKey(id: string): string {
  return `${id}:${randomBytes(32).toString('base64')}`
}

/** The path of the file that holds the input of a job. */
export async function blobPath(t: PayloadQueue, id: string): Promise<string> {
  const name = (await t.kept()).find((kept) => jobOf(kept) === id) ?? ''
  return join(t.folder, blobKey('payloads', ENVIRONMENT, await payloadPlace(t.q.db), name))
}

export async function payloadQueue(tasks: readonly Task[], inFolder?: string): Promise<PayloadQueue> {
  const q = await testQueue(tasks)
  const folder = inFolder ?? (await mkdtemp(join(tmpdir(), 'millrace-payloads-')))
  const blobs = folderBlobs({ folder })
  const store = payloadBlobs({ blobs, db: q.db, environment: ENVIRONMENT })
  const workers: Service[] = []
  const clock = systemClock
  return {
    q,
    folder,
    blobs,
    store,
    side(keys, isAllEncrypted = false) {
      const { db, lanes, hints, contract } = q
      const payloads = new Payloads({
        clock,
        store,
        keys: keys === undefined ? undefined : payloadKeys(keys),
        isAllEncrypted,
      })
      const client = openClient({ db, lanes, hints, clock, log: silentLog(), payloads })
      return {
        ...client,
        payloads,
        async work(handlers, { cellEntry = new URL('file:///no-cell-in-this-test.ts'), log = silentLog() } = {}) {
          const runtime = { db, blobs, ...client, clock, log }
          const limits = { leaseMs: 15_000, blockedMsMax: 60_000, cellHeapMbMax: 256 }
          const worker = openWorker({ contract, handlers, runtime, payloads, lanes, hints, cellEntry, ...limits })
          workers.push(worker)
          await worker.start(AbortSignal.timeout(10_000))
          return worker
        },
      }
    },
    async kept() {
      return (await Array.fromAsync(store.list())).map(({ name }) => name).sort()
    },
    async atRest() {
      const { rows } = await q.db.query<{ payload: string }>(
        `select payload from millrace.entry union all select payload from millrace.deferred
         union all select payload from millrace.dead union all select payload from millrace.parked`,
      )
      const contents = await Promise.all(
        (await Array.fromAsync(store.list())).map(async ({ name }) => {
          const content = await store.find(name, { bytesMax: 100_000_000, signal: AbortSignal.timeout(5_000) })
          return content?.toString('latin1') ?? ''
        }),
      )
      return [...rows.map(({ payload }) => payload), ...contents].join('\n')
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.stop({ drainMs: STOP_MS })))
      await q[Symbol.asyncDispose]()
      if (inFolder === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}
