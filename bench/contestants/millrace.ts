/** Millrace at its default settings: leases, heartbeats, rescue and input schemas as users get them. */
import { defineApp } from 'millrace/app'
import { handler, handlers } from 'millrace/worker'
import {
  awaitDatabase,
  migrate,
  migrationsOf,
  openParts,
  readSettings,
  stampEnvironment,
  workerProcess,
} from '../millrace-inside.ts'
import { noop } from './millrace-intake/contract.ts'
import type { Payload, System } from './system.ts'

const STOP_MS = 10_000

export async function open(url: string): Promise<System> {
  let onJob: (payload: Payload) => void = () => {}
  const noopHandler = handler(noop, async ({ input }) => {
    onJob(input)
  })
  const app = defineApp({
    name: 'bench',
    tasks: [noop],
    worker: async () => ({ default: handlers([{ task: noop, load: async () => ({ default: noopHandler }) }]) }),
  })
  const settings = readSettings({ DATABASE_URL: url, MILLRACE_ENV: 'test', LOG_LEVEL: 'warn' })
  const parts = openParts(app, settings, 'bench')
  await migrate(parts.db, migrationsOf(app))
  await stampEnvironment(parts.db, settings.MILLRACE_ENV)
  await awaitDatabase(parts, AbortSignal.timeout(STOP_MS))
  const { submit, submitMany } = parts.submitter

  return {
    async submitMany(first, count) {
      await submitMany(
        noop,
        Array.from({ length: count }, (_, n) => ({ i: first + n })),
      )
    },
    submit: async (payload) => (await submit(noop, payload)).id,
    async work(_setting, listener) {
      onJob = listener
      const { service } = await workerProcess(app, settings)
      await service.start(AbortSignal.timeout(STOP_MS))
      return () => service.stop({ drainMs: STOP_MS })
    },
    async left() {
      const { rows } = await parts.db.query<{ left: number }>(
        'select ((select count(*) from millrace.entry) + (select count(*) from millrace.deferred))::integer as left',
      )
      return rows[0]?.left ?? 0
    },
    close: () => parts.close(),
  }
}
