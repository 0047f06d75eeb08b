/** An application under test: all its sides in the process of the test, with a database, a folder and a time of its own. */
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { App } from '../app/define-app.ts'
import { openParts } from '../app/parts.ts'
import { readSettings, type Settings } from '../app/settings.ts'
import type { Blobs } from '../blobs/blobs.ts'
import { contractOf } from '../contract/contract.ts'
import type { Schedule } from '../contract/schedule.ts'
import type { Task, TaskInput } from '../contract/task.ts'
import { Database } from '../data/database.ts'
import type { LocalUser } from '../identity/local/users.ts'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { type Log, silentLog } from '../kernel/log.ts'
import type { QueueClient } from '../queue/client.ts'
import { getOperation, type Operation } from '../queue/operations.ts'
import { openScheduler } from '../schedule/scheduler.ts'
import type { RouteAccess } from '../web/access.ts'
import { FailingDatabase } from './failing-database.ts'
import { type FailureOptions, type FailurePoint, Failures, type OrderedFailure } from './failures.ts'
import { Life } from './life.ts'
import { localHints } from './local-hints.ts'
import { makeDatabase } from './made-database.ts'
import type { RanJob } from './ran-jobs.ts'
import { type RunJob, type RunJobOptions, runJob } from './run-job.ts'
import type { SignedIn } from './sign-in.ts'
import { stayingAlive } from './staying-alive.ts'
import { TestTime } from './test-time.ts'
import { clockForIds } from './virtual-clock.ts'
import { type DeadJob, listDeadJobs, listWaitingJobs, type WaitingJob } from './waiting-jobs.ts'
import { WebSide } from './web-side.ts'
import { WorkerSide } from './worker-side.ts'

export interface TestAppOptions {
  /** When it is: the time stands still there until `advance`. The present unless said. */
  readonly now?: Date | string | number
  /** Settings, as environment variables: `{ PAYLOAD_ENCRYPTION: 'all' }`. Nothing is read from the process's own. */
  readonly env?: Readonly<Record<string, string>>
  /** Jobs of one queue that run at a time: 1 unless said, so that they run in their order. */
  readonly concurrency?: number
  /** Where the application's log goes: nowhere unless said. */
  readonly log?: Log
}

export interface TestApp extends QueueClient, AsyncDisposable {
  /** The test's own handle of the application's database. */
  readonly db: Database
  /** The database's URL, for clients of other libraries. */
  readonly databaseUrl: string
  /** A temporary folder, removed with everything else. */
  readonly blobs: Blobs
  /** The time that handlers and routes see. */
  readonly clock: Clock

  /**
   * Runs the handler of a task at once, without the queue, and answers what it returned.
   *
   * @throws what the handler throws, MILLRACE_WORKER_INPUT_INVALID, MILLRACE_WORKER_OUTPUT_INVALID
   * @example const { result } = await t.runJob(greet, { name: 'Ada' })
   */
  runJob<T extends Task>(task: T, input: TaskInput<T>, options?: RunJobOptions): Promise<RunJob<T>>

  /**
   * Starts a worker, waits until it has done everything that can be done now (what handlers submit and retries that are due
   * included), and stops it. Answers the jobs that it has worked on, in the order in which they were begun.
   *
   * @throws MILLRACE_TESTING_NOT_IDLE after `timeoutMs` milliseconds, 10,000 unless said; the worker is killed then.
   */
  untilIdle(options?: { readonly timeoutMs?: number }): Promise<readonly RanJob[]>

  /**
   * Lets time pass, for handlers, routes, engine and database alike: what was waiting for a moment on the way comes due,
   * schedules fire. Jobs run at the next `untilIdle`, or at once when one is going on.
   */
  advance(ms: number): Promise<void>

  /** The jobs of a task that wait, for a worker or for their time; their inputs as handlers would get them. */
  enqueued<T extends Task>(task: T): Promise<readonly WaitingJob<T>[]>

  /** The dead letters, oldest first. */
  dead(task?: Task): Promise<readonly DeadJob[]>

  /** The operation of a tracked job. @throws MILLRACE_QUEUE_OPERATION_UNKNOWN */
  operation(id: string): Promise<Operation>

  /**
   * Orders a failure of the application: the next time that its routes or handlers come to this point, an error is thrown, or
   * the worker process is killed. What the test itself calls does not fail.
   *
   * @example t.fail('handler:after', { kill: true }) // its effects are there, nobody knows that it has ended
   */
  fail(point: FailurePoint, options?: FailureOptions): OrderedFailure

  /**
   * Sends a request to the web side, as Fastify's `inject` does.
   *
   * @example const answer = await t.request({ method: 'POST', url: '/greetings', payload: { name: 'Ada' } })
   */
  request(request: InjectOptions | string): Promise<LightMyRequestResponse>

  /**
   * Logs somebody in, without the way through a provider: one of the application's local users, by their id, or anybody.
   *
   * @throws MILLRACE_TESTING_NO_USERS, MILLRACE_IDENTITY_ACCOUNT_UNKNOWN
   * @example const { headers } = await t.signIn('ada')
   */
  signIn(who: string | LocalUser): Promise<SignedIn>

  /**
   * Every route of the web side and who may use it: what is meant, to be compared with what is.
   *
   * @example assert.deepEqual((await t.routes()).map(({ method, url, access }) => [method, url, accessInWords(access)]), meant)
   */
  routes(): Promise<readonly RouteAccess[]>

  /** The address of the web side, for clients that want a connection: event streams, browsers. */
  url(): Promise<string>
}

const POOL_MAX = 20
const UNTIL_IDLE_MS = 10_000
/** A worker under test is dead when the test says so: not because the clock has jumped, or a debugger has stopped it. */
const LEASE_MS = 24 * 3_600_000
/** For tasks whose inputs are encrypted: there is nothing to hide. */
const PAYLOAD_KEYS = `test:${Buffer.alloc(32, 'test').toString('base64')}`

/**
 * Opens an application for one test, with a database that has its migrations and nothing else, and disposes of all of it at
 * the end of the block, however the test ends.
 *
 * @param app what `defineApp` answers.
 * @throws MILLRACE_TESTING_SERVER_FAILED, MILLRACE_SETTINGS_INVALID, MILLRACE_DATA_MIGRATION_FAILED
 * @example
 * await using t = await testApp(app)
 * const { id } = await t.submit(greet, { name: 'Ada' })
 * await t.untilIdle()
 * assert.deepEqual((await t.operation(id)).result, { text: 'Hello, Ada!' })
 */
export async function testApp(app: App, options: TestAppOptions = {}): Promise<TestApp> {
  await using opened = new AsyncDisposableStack()
  const { log = silentLog(), concurrency = 1, now = systemClock.now() } = options
  const database = await makeDatabase(app)
  opened.defer(database.drop)
  const folder = join(tmpdir(), database.name)
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const settings = settingsOf(options, database.url, folder)
  const openDatabase = (name: string): ConstructorParameters<typeof Database>[0] => ({
    ...{ url: database.url, poolMax: POOL_MAX, applicationName: `millrace test ${name}`, clock: systemClock, log },
  })
  const db = new Database(openDatabase('itself'))
  opened.defer(() => db.end())

  const failures = new Failures()
  const hints = localHints()
  const schedules = [...app.contract.schedules.values()]
  const look = (due: readonly Schedule[]): Promise<number> => {
    const contract = contractOf({ tasks: [], schedules: due })
    return openScheduler({ contract, db, submit: client.submit, clock: life.clock, log }).look()
  }
  const time = new TestTime({ db, schedules, look, nowMs: new Date(now).getTime() })
  const life = new Life({ failures, clock: time.clock, isMortal: false })
  const shared = { hints, clock: clockForIds(life.clock), log }
  const outside = openParts(app, settings, 'test', { ...shared, db })
  const { lanes, client, blobs, payloads } = outside
  await lanes.open(db)
  await time.open()

  const failing = new FailingDatabase(openDatabase('application'), life)
  opened.defer(() => failing.end())
  const inside = openParts(app, settings, 'application', { ...shared, db: failing })
  const parts = { ...inside, client: life.asks(inside.client), clock: life.clock }
  await inside.lanes.open(db)
  const worker = new WorkerSide({ app, settings, db, hints, clock: time.clock, failures, log, concurrency })
  opened.defer(() => worker.close())
  const web = new WebSide({ parts, clock: time.clock })
  opened.defer(() => web.close())

  const everything = opened.move()
  return {
    ...client,
    db,
    databaseUrl: database.url,
    blobs,
    clock: time.clock,
    runJob: async (task, input, given) =>
      runJob({ parts, db, handlers: await worker.handlers(), life, clock: time.clock }, task, input, given),
    untilIdle: ({ timeoutMs = UNTIL_IDLE_MS } = {}) => stayingAlive(() => worker.untilIdle(timeoutMs)),
    advance: (ms) => time.advance(ms),
    enqueued: (task) => listWaitingJobs(db, payloads, task),
    dead: (task) => listDeadJobs(db, payloads, task),
    operation: (id) => getOperation(db, id),
    fail: (point, failure = {}) => failures.order(point, failure),
    request: (request) => web.request(request),
    signIn: async (who) => (await import('./sign-in.ts')).signIn(outside, who),
    routes: () => web.routes(),
    url: () => web.url(),
    [Symbol.asyncDispose]: () => stayingAlive(() => everything.disposeAsync()),
  }
}

function settingsOf({ env }: TestAppOptions, url: string, folder: string): Settings {
  const given = { PAYLOAD_KEYS, ...env, DATABASE_URL: url, BLOB_URL: pathToFileURL(folder).href, MILLRACE_ENV: 'test' }
  return { ...readSettings(given), LEASE_MS, BLOCKED_MS_MAX: LEASE_MS }
}
