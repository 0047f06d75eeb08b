/**
 * What the tests of the web box share: a real server on a real port over a real database, and a queue driven by hand. It has
 * no test itself; its name keeps it out of the build.
 */
import { strict as assert } from 'node:assert'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Blobs } from '../blobs/blobs.ts'
import { folderBlobs } from '../blobs/folder-blobs.ts'
import { contractOf } from '../contract/contract.ts'
import { type Task, task } from '../contract/task.ts'
import type { Database } from '../data/database.ts'
import { migrate } from '../data/migrate.ts'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { type Log, silentLog } from '../kernel/log.ts'
import { claim } from '../queue/claim.ts'
import { ClaimedJob } from '../queue/claimed.ts'
import { openClient, type QueueClient } from '../queue/client.ts'
import { type Hints, openHints } from '../queue/hints.ts'
import type { Outcome } from '../queue/job.ts'
import { Lanes } from '../queue/lanes.ts'
import { reportProgress, startTracked } from '../queue/operations.ts'
import { settle } from '../queue/settle.ts'
import { registerWorker } from '../queue/workers.ts'
import { testDatabase } from '../testing/test-database.ts'
import { type BuildFront, front } from './front.ts'
import { webMigrations } from './migrations.ts'
import { until } from './web-clients.test.ts'
import { openWeb, type WebOptions, type WebServer } from './web-server.ts'

/** Has a result and no resource. */
export const count = task('test.count', { input: z.object({ to: z.number() }), output: z.object({ sum: z.number() }) })
/** Has a resource. */
export const render = task('test.render', {
  input: z.object({ id: z.string() }),
  output: z.object({ id: z.string() }),
  resource: ({ id }) => `/api/pictures/${id}`,
})
/** Has no operation. */
export const untracked = task('test.untracked', { input: z.object({}) })
export const contract = contractOf({ tasks: [count, render, untracked] })

export interface TestWeb extends AsyncDisposable {
  readonly web: WebServer
  readonly url: string
  readonly db: Database
  readonly databaseUrl: string
  readonly hints: Hints
  readonly client: QueueClient
  readonly blobs: Blobs
  readonly worker: TestWorker
  /** Files that lie in the staging folder. */
  staged(): Promise<readonly string[]>
  get(path: string, init?: RequestInit): Promise<Response>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
}

export async function testWeb(
  build: BuildFront = () => {},
  options: Partial<WebOptions> & { readonly clock?: Clock; readonly log?: Log } = {},
): Promise<TestWeb> {
  await using stack = new AsyncDisposableStack()
  const t = stack.use(await testDatabase())
  await migrate(t.db, [webMigrations])
  const clock = options.clock ?? systemClock
  const log = options.log ?? silentLog()
  const folder = await mkdtemp(join(tmpdir(), 'millrace-web-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const hints = openHints({ url: t.url, clock: systemClock, log })
  stack.defer(() => hints.stop({ drainMs: 0 }))
  await hints.start(AbortSignal.timeout(10_000))
  const lanes = new Lanes(contract.queues.values())
  await lanes.open(t.db)
  const client = openClient({ db: t.db, lanes, hints, clock: systemClock, log: silentLog() })
  const blobs = folderBlobs({ folder })
  const web = openWeb({
    front: front(build),
    contract,
    db: t.db,
    client,
    hints,
    blobs,
    log,
    clock,
    host: '127.0.0.1',
    port: 0,
    isReady: async () => {},
    release: 'test-1',
    trustedProxies: [],
    ...options,
  })
  stack.defer(() => web.stop({ drainMs: 0 }))
  await web.start(AbortSignal.timeout(10_000))
  const { url } = web.address()
  const worker = await TestWorker.open(t.db, hints, lanes.get('default').ready.normal)
  const opened = stack.move()
  return {
    web,
    url,
    db: t.db,
    databaseUrl: t.url,
    hints,
    client,
    blobs,
    worker,
    staged: () => readdir(join(folder, '.staging')).catch(() => []),
    get: (path, init) => fetch(`${url}${path}`, { redirect: 'manual', ...init }),
    post: (path, body, headers) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** Does by hand what a worker does, one job at a time. */
export class TestWorker {
  readonly #db: Database
  readonly #hints: Hints
  readonly #lane: number
  readonly #id: string

  private constructor(db: Database, hints: Hints, lane: number, id: string) {
    this.#db = db
    this.#hints = hints
    this.#lane = lane
    this.#id = id
  }

  static async open(db: Database, hints: Hints, lane: number): Promise<TestWorker> {
    const id = newRandomId()
    await registerWorker(db, { id, leaseMs: 600_000 })
    return new TestWorker(db, hints, lane, id)
  }

  /** Claims and starts the next job. */
  async start(): Promise<ClaimedJob> {
    const job = await until('a job is there', async () => {
      const [found] = await claim(this.#db, { lane: this.#lane, countMax: 1, worker: this.#id })
      return found === undefined ? undefined : new ClaimedJob(found, 0)
    })
    await startTracked(this.#db, [job])
    this.#hints.operationChanged(job.id)
    return job
  }

  async progress(job: ClaimedJob, done: number, note?: string): Promise<void> {
    const progress = note === undefined ? { done } : { done, note }
    await reportProgress(this.#db, [{ id: job.id, key: job.key, progress }])
    this.#hints.operationChanged(job.id)
  }

  async end(job: ClaimedJob, outcome: Outcome): Promise<void> {
    assert.equal(
      await settle(this.#db, { succeeded: [], others: [{ entry: job.key, isTracked: true, outcome }] }, [
        job.entry.lease,
      ]),
      0,
    )
    this.#hints.operationChanged(job.id)
  }
}

export const succeeded = (result: unknown): Outcome => ({ kind: 'succeeded', result: JSON.stringify(result) })
export const failed = (reason: 'attempts' | 'permanent' | 'crashes', code: string, message: string): Outcome => ({
  kind: 'failed',
  reason,
  error: { code, message, at: '2026-01-01T00:00:00.000Z' },
})

/** A task of the contract with any input: for tests that only need a job. */
export const anyTask = (name: string): Task => contract.tasks.get(name) ?? assert.fail(name)
