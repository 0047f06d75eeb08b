/** Millrace at its default settings: leases, heartbeats, rescue and input schemas as users get them. */
import { type App, defineApp } from 'millrace/app'
import { type Handler, type HandlerEntry, handler, handlers } from 'millrace/worker'
import {
  awaitDatabase,
  migrate,
  migrationsOf,
  openParts,
  readSettings,
  stampEnvironment,
  workerProcess,
} from '../millrace-inside.ts'
import { governedNoop, noop, trackedNoop } from './millrace-tasks.ts'
import type { OnJob, System } from './system.ts'

const STOP_MS = 10_000
const TASKS = [noop, trackedNoop, governedNoop]
const TASK_OF = { plain: noop, tracked: trackedNoop, deferred: noop, governed: governedNoop } as const
const DELAY_MS = 1

export async function open(url: string): Promise<System> {
  const app = appWith('defaults', [])
  const settings = readSettings({ DATABASE_URL: url, MILLRACE_ENV: 'test', LOG_LEVEL: 'warn' })
  const parts = openParts(app, settings, 'bench')
  await migrate(parts.db, migrationsOf(app))
  await stampEnvironment(parts.db, settings.MILLRACE_ENV)
  await awaitDatabase(parts, AbortSignal.timeout(STOP_MS))
  const { submit, submitMany } = parts.client

  async function startWorker(setting: string, ours: readonly Handler[]): Promise<() => Promise<void>> {
    const { service } = await workerProcess(appWith(setting, ours), settings)
    await service.start(AbortSignal.timeout(STOP_MS))
    return () => service.stop({ drainMs: STOP_MS })
  }

  return {
    async submitMany(first, count, kind = 'plain') {
      const inputs = Array.from({ length: count }, (_, n) => ({ i: first + n }))
      await submitMany(TASK_OF[kind], inputs, kind === 'deferred' ? { delayMs: DELAY_MS } : {})
    },
    submit: async (payload) => (await submit(noop, payload)).id,
    work: (setting, onJob) => startWorker(setting, noopHandlers(onJob)),
    workTransactional: (setting, onJob) => startWorker(setting, [writingHandler(onJob)]),
    async left() {
      // an entry without a task is the scheduler's own: a slot that was given back
      const { rows } = await parts.db.query<{ left: number }>(
        `select ((select coalesce(sum(count), 0) from millrace.entry where task <> '')
               + (select count(*) from millrace.deferred where task <> ''))::integer as left`,
      )
      return rows[0]?.left ?? 0
    },
    close: () => parts.close(),
  }
}

/** `setting`: jobs of a queue at a time, or `defaults`. */
function appWith(setting: string, ours: readonly Handler[]): App {
  const concurrency = setting === 'defaults' ? {} : { default: Number(setting), governed: Number(setting) }
  const entries = ours.map((one): HandlerEntry => ({ task: one.task, load: async () => ({ default: one }) }))
  return defineApp({
    name: 'bench',
    tasks: TASKS,
    worker: async () => ({ default: handlers(entries, { concurrency }) }),
  })
}

function noopHandlers(onJob: OnJob): readonly Handler[] {
  return TASKS.map((task) => handler(task, async ({ input }) => onJob(input as { i: number })) as Handler)
}

function writingHandler(onJob: OnJob): Handler {
  return handler(noop, async ({ input, transaction }) => {
    await transaction(async (tx) => {
      await tx.query('insert into public.written (i) values ($1)', [input.i])
    })
    await onJob(input)
  }) as Handler
}
