/** The worker process of an application: its handlers and its schedules. */
import { extname } from 'node:path'
import type { Service, StopOptions } from '../kernel/service.ts'
import { openScheduler } from '../schedule/scheduler.ts'
import { purgeAnswers } from '../web/purge-answers.ts'
import { openWorker } from '../worker/worker.ts'
import type { App } from './define-app.ts'
import { appErrors } from './errors.ts'
import { awaitDatabase, openParts } from './parts.ts'
import type { RunningProcess } from './run-process.ts'
import type { Settings } from './settings.ts'

/** @throws MILLRACE_APP_HAS_NO_SIDE, MILLRACE_APP_DATABASE_MISSING */
export async function workerProcess(app: App, settings: Settings): Promise<RunningProcess> {
  if (app.worker === undefined) throw appErrors.MILLRACE_APP_HAS_NO_SIDE({ app: app.name, side: 'worker' })
  const parts = openParts(app, settings, 'worker')
  const handlers = (await app.worker()).default
  const { db, blobs, submitter, clock, log, lanes, hints } = parts
  const { submit, submitMany } = submitter
  let worker: Service | undefined
  const scheduler = openScheduler({ contract: app.contract, db, submit, clock, log })
  const service: Service = {
    async start(signal: AbortSignal): Promise<void> {
      await awaitDatabase(parts, signal) // it knows the lanes that a worker claims from
      worker = openWorker({
        contract: app.contract,
        handlers,
        runtime: { db, blobs, submit, submitMany, clock, log },
        lanes,
        hints,
        cellEntry: new URL(`cell-main${extname(import.meta.url)}`, import.meta.url),
        leaseMs: settings.LEASE_MS,
        blockedMsMax: settings.BLOCKED_MS_MAX,
        cellHeapMbMax: settings.CELL_HEAP_MB_MAX,
        housekeeping: [() => purgeAnswers(db)],
      })
      await worker.start(signal)
      await scheduler.start(signal)
    },
    async stop(options: StopOptions): Promise<void> {
      await scheduler.stop(options)
      await worker?.stop(options)
      await parts.close()
    },
  }
  return { service, log, drainMs: settings.DRAIN_MS, ready: () => ({}) }
}
