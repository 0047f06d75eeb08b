/** One of the two databases that are compared: with the backlog, or with no more jobs than are needed. */
import { defineApp } from 'millrace/app'
import {
  awaitDatabase,
  type ClaimedJob,
  claim,
  jobsOf,
  migrate,
  migrationsOf,
  newRandomId,
  openEngineDatabase,
  openParts,
  readSettings,
  registerWorker,
  settle,
  silentLog,
  stampEnvironment,
  systemClock,
} from '../millrace-inside.ts'
import type { PostgresServer } from '../servers/postgres.ts'
import { TASKS } from './tasks.ts'

export type Side = Awaited<ReturnType<typeof openSide>>

export interface ClaimOf {
  readonly lane: number
  readonly isGoverned?: boolean
  readonly countMax: number
  readonly packMax: number
}

const START_MS_MAX = 30_000
/** The benchmark is no worker with a heartbeat: its lease outlasts it. */
const LEASE_MS = 3_600_000

/** Opens an empty database by the name of `part`, with a worker that claims by hand. */
export async function openSide(postgres: PostgresServer, part: string) {
  const name = `backlog_${part}`
  await using cleanup = new AsyncDisposableStack()
  const url = await postgres.database(name)
  cleanup.defer(() => postgres.drop(name))
  const app = defineApp({ name: 'backlog', tasks: TASKS })
  const settings = readSettings({ DATABASE_URL: url, MILLRACE_ENV: 'test', LOG_LEVEL: 'warn' })
  const parts = openParts(app, settings, 'bench')
  cleanup.defer(() => parts.close())
  await migrate(parts.db, migrationsOf(app))
  await stampEnvironment(parts.db, settings.MILLRACE_ENV)
  await awaitDatabase(parts, AbortSignal.timeout(START_MS_MAX))
  const engine = openEngineDatabase({ url, clock: systemClock, log: silentLog() })
  cleanup.defer(() => engine.end())
  const worker = newRandomId()
  await registerWorker(engine, { id: worker, leaseMs: LEASE_MS })
  const handedOut = new Set<string>()
  const owned = cleanup.move()
  return {
    engine,
    settings,
    lanes: parts.lanes,
    client: parts.client,
    worker,
    /** Jobs that it has handed out. */
    handedOut,
    query: (text: string) => postgres.query<Record<string, number>>(name, text),
    settle: () => postgres.settle(name),

    /** Claims once. Answers the jobs, and how long it took. @throws when one of them was handed out before. */
    async claim(of: ClaimOf): Promise<{ readonly jobs: readonly ClaimedJob[]; readonly ms: number }> {
      const began = performance.now()
      const jobs = jobsOf(await claim(engine, { ...of, worker }))
      const ms = performance.now() - began
      for (const { id } of jobs) {
        if (handedOut.has(id)) throw new Error(`job ${id} was handed out twice`)
        handedOut.add(id)
      }
      return { jobs, ms }
    },

    /** All of what one claim took has succeeded. */
    async succeed(jobs: readonly ClaimedJob[]): Promise<void> {
      const [first] = jobs
      if (first === undefined) return
      const outcome = { kind: 'succeeded', result: null } as const
      const holding = jobs.filter((job) => job.entry.hasMoreToEnd)
      const free = new Set(jobs.filter((job) => !job.entry.hasMoreToEnd).map((job) => job.entry))
      const others = holding.map((job) => ({ entry: job.key, isTracked: false, outcome }))
      const lost = await settle(engine, { succeeded: [...free], others }, [first.entry.lease])
      if (lost > 0) throw new Error(`${lost} jobs were no longer there when they ended`)
    },

    /** Jobs of the database that have not ended. */
    async left(): Promise<number> {
      const [row] = await postgres.query<{ left: number }>(
        name,
        `select ((select coalesce(sum(count), 0) from millrace.entry where task <> '')
               + (select count(*) from millrace.deferred where task <> ''))::float8 as left`,
      )
      return row?.left ?? Number.NaN
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
