/** What every process of an application is made of, put together from its settings. Long, flat and boring on purpose. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Blobs } from '../blobs/blobs.ts'
import { folderBlobs } from '../blobs/folder-blobs.ts'
import type { Task } from '../contract/task.ts'
import { Database } from '../data/database.ts'
import { checkEnvironment, dataMigrations } from '../data/environment.ts'
import { dataErrors } from '../data/errors.ts'
import { type MigrationSet, pendingMigrations } from '../data/migrate.ts'
import { Accounts } from '../identity/accounts.ts'
import { identityMigrations } from '../identity/migrations.ts'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import { type Log, openLog } from '../kernel/log.ts'
import { Actors } from '../queue/actors.ts'
import { openClient, type QueueClient } from '../queue/client.ts'
import { type Hints, openHints } from '../queue/hints.ts'
import { Lanes } from '../queue/lanes.ts'
import { queueMigrations } from '../queue/migrations.ts'
import { payloadErrors } from '../queue/payload/errors.ts'
import { Payloads } from '../queue/payload/payloads.ts'
import type { PayloadStore } from '../queue/payload/store.ts'
import { scheduleMigrations } from '../schedule/migrations.ts'
import { sessionMigrations } from '../session/migrations.ts'
import { webMigrations } from '../web/migrations.ts'
import type { People } from '../worker/attempt.ts'
import type { App } from './define-app.ts'
import { appErrors } from './errors.ts'
import { payloadBlobs } from './payload-blobs.ts'
import type { Settings } from './settings.ts'

export interface Parts {
  readonly app: App
  readonly settings: Settings
  readonly log: Log
  readonly clock: Clock
  readonly db: Database
  readonly hints: Hints
  readonly lanes: Lanes
  readonly client: QueueClient
  /** In whose name this process does what it does. */
  readonly actors: Actors
  readonly blobs: Blobs
  readonly payloads: Payloads
  readonly payloadStore: PayloadStore
  /** Undefined: the application knows no users. */
  readonly people: People | undefined
  /** Closes what was opened here. */
  close(): Promise<void>
}

/** How long a process waits for the database and its schema before it gives up. */
export const DATABASE_WAIT_MS_MAX = 60_000
/** A wait that is longer than any start of ours is told. */
const TELL_WAITING_MS = 5_000
const LOOK_AGAIN_MS = 25
const LOOK_AGAIN_MS_MAX = 1_000

/** What an embedder brings along, and which is then not opened here. Closing it stays with whoever closes the parts. */
export type GivenParts = Partial<Pick<Parts, 'log' | 'clock' | 'db' | 'hints'>>

/** Opens the parts of one process. Nothing is asked of the database yet. @throws MILLRACE_APP_DATABASE_MISSING */
export function openParts(app: App, settings: Settings, role: string, given: GivenParts = {}): Parts {
  const url = settings.DATABASE_URL
  if (url === undefined) throw appErrors.MILLRACE_APP_DATABASE_MISSING({})
  const log = given.log ?? openLog({ name: role, level: settings.LOG_LEVEL, format: settings.LOG_FORMAT ?? 'json' })
  const clock = given.clock ?? systemClock
  const poolMax = settings.DATABASE_POOL_MAX
  const db = given.db ?? new Database({ url, poolMax, applicationName: `${app.name} ${role}`, clock, log })
  const hints = given.hints ?? openHints({ url, clock, log })
  const lanes = new Lanes(app.contract.queues.values())
  const blobs = folderBlobs({ folder: blobsFolder(settings) })
  const payloadStore = payloadBlobs({ blobs, db, environment: settings.MILLRACE_ENV })
  const isAllEncrypted = settings.PAYLOAD_ENCRYPTION === 'all'
  const payloads = new Payloads({ clock, store: payloadStore, keys: settings.PAYLOAD_KEYS, isAllEncrypted })
  const actors = new Actors()
  const accounts = new Accounts({ db, clock })
  const people = app.identity === undefined ? undefined : { actors, find: (id: string) => accounts.find(id) }
  const client = openClient({ actors, db, lanes, hints, clock, log, payloads })
  return {
    app,
    settings,
    log,
    clock,
    db,
    hints,
    lanes,
    client,
    actors,
    people,
    blobs,
    payloads,
    payloadStore,
    async close(): Promise<void> {
      await hints.stop({ drainMs: 0 })
      await db.end()
    },
  }
}

/** The folder of all data of this machine, as an absolute path. */
export function homeFolder(settings: Settings): string {
  return resolve(settings.MILLRACE_HOME)
}

function blobsFolder(settings: Settings): string {
  if (settings.BLOB_URL !== undefined) return fileURLToPath(settings.BLOB_URL)
  return resolve(homeFolder(settings), 'blobs')
}

/** Millrace's own migrations and the application's. */
export function migrationsOf(app: App): readonly MigrationSet[] {
  const own = [
    dataMigrations,
    queueMigrations,
    scheduleMigrations,
    identityMigrations,
    sessionMigrations,
    webMigrations,
  ]
  return app.migrations === undefined ? own : [...own, { name: app.name, folder: app.migrations }]
}

/** @throws MILLRACE_DATA_SCHEMA_BEHIND, MILLRACE_DATA_WRONG_ENVIRONMENT, MILLRACE_DATA_UNREACHABLE */
export async function checkDatabase(parts: Pick<Parts, 'app' | 'db' | 'settings'>): Promise<void> {
  const pending = await pendingMigrations(parts.db, migrationsOf(parts.app))
  if (pending.length > 0) throw dataErrors.MILLRACE_DATA_SCHEMA_BEHIND({ pending })
  await checkEnvironment(parts.db, parts.settings.MILLRACE_ENV)
}

/**
 * Waits until the database answers and is of this release, then learns the lanes and opens the hints. A process may be
 * started before its database, as `millrace start` and containers do.
 *
 * @throws MILLRACE_APP_DATABASE_NOT_READY, MILLRACE_DATA_WRONG_ENVIRONMENT, MILLRACE_QUEUE_PAYLOAD_KEYS_MISSING
 */
export async function awaitDatabase(parts: Parts, signal: AbortSignal): Promise<void> {
  const { app, settings, clock, db, lanes, hints, log } = parts
  checkPayloadKeys(app, settings)
  let isTold = false
  const startedAt = clock.monotonic()
  for (let waitMs = LOOK_AGAIN_MS; ; waitMs = Math.min(waitMs * 1.5, LOOK_AGAIN_MS_MAX)) {
    try {
      await checkDatabase(parts)
      break
    } catch (thrown) {
      const error = asError(thrown)
      const waitedMs = Math.round(clock.monotonic() - startedAt)
      const canWait = isMillraceError(error) ? error.retryable : isStarting(error)
      if (!canWait) throw error
      if (waitedMs > TELL_WAITING_MS && !isTold) {
        isTold = true
        log.warn({ why: error.message }, 'waiting for the database')
      }
      if (waitedMs > DATABASE_WAIT_MS_MAX || signal.aborted)
        throw appErrors.MILLRACE_APP_DATABASE_NOT_READY({ waitedMs, why: error.message }, error)
    }
    await clock.sleep(waitMs, signal)
  }
  await lanes.open(db)
  await hints.start(signal)
}

/** A process that would refuse jobs for want of a key does not start. @throws MILLRACE_QUEUE_PAYLOAD_KEYS_MISSING */
export function checkPayloadKeys(app: App, settings: Settings): void {
  if (settings.PAYLOAD_KEYS !== undefined) return
  const isEncrypted = (task: Task): boolean => task.encrypted || settings.PAYLOAD_ENCRYPTION === 'all'
  const task = app.contract.tasks.values().find(isEncrypted)
  if (task !== undefined) throw payloadErrors.MILLRACE_QUEUE_PAYLOAD_KEYS_MISSING({ task: task.name })
}

/** PostgreSQL's own words while it is starting up, or before `millrace start` has made the database. */
function isStarting(error: Error): boolean {
  return 'code' in error && ['57P03', '3D000'].includes(String(error.code))
}
