/** The worker process of an application: its handlers and its schedules. */
import { extname } from 'node:path'
import type { Database } from '../data/database.ts'
import { purgeIdentity } from '../identity/logins.ts'
import type { Service, StopOptions } from '../kernel/service.ts'
import { keepHistory } from '../queue/history.ts'
import { payloadHousekeeping } from '../queue/payload/sweep.ts'
import { openScheduler } from '../schedule/scheduler.ts'
import { purgeSessions } from '../session/purge-sessions.ts'
import { purgeAnswers } from '../web/purge-answers.ts'
import { purgeRates } from '../web/purge-rates.ts'
import type { Handlers } from '../worker/handler.ts'
import { openWorker, type WorkerOptions } from '../worker/worker.ts'
import type { App } from './define-app.ts'
import { appErrors } from './errors.ts'
import { shutInspector } from './inspector.ts'
import { awaitDatabase, openParts, type Parts } from './parts.ts'
import type { RunningProcess } from './run-process.ts'
import type { Settings } from './settings.ts'

/** @throws MILLRACE_APP_HAS_NO_SIDE, MILLRACE_APP_DATABASE_MISSING, MILLRACE_APP_INSPECTOR_OPEN */
export async function workerProcess(app: App, settings: Settings): Promise<RunningProcess> {
  if (app.worker === undefined) throw appErrors.MILLRACE_APP_HAS_NO_SIDE({ app: app.name, side: 'worker' })
  shutInspector(settings)
  const parts = openParts(app, settings, 'worker')
  const handlers = (await app.worker()).default
  const { db, clock, log, client } = parts
  let worker: Service | undefined
  const scheduler = openScheduler({ contract: app.contract, db, submit: client.submit, clock, log })
  const service: Service = {
    async start(signal: AbortSignal): Promise<void> {
      await awaitDatabase(parts, signal) // it knows the lanes that a worker claims from
      worker = openAppWorker(parts, handlers)
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

/** The worker of an application over its parts, whose lanes must be known. It does not close them. */
export function openAppWorker(
  parts: Parts,
  handlers: Handlers,
  given: Pick<WorkerOptions, 'openDatabase'> = {},
): Service {
  const { app, settings, db, blobs, payloads, payloadStore, client, people, clock, log, lanes, hints } = parts
  const stopping = new AbortController()
  const sweepPayloads = payloadHousekeeping({ db, store: payloadStore, clock, signal: stopping.signal })
  const worker = openWorker({
    ...given,
    contract: app.contract,
    handlers,
    runtime: { db, blobs, ...client, clock, log, ...(people === undefined ? {} : { people }) },
    payloads,
    lanes,
    hints,
    cellEntry: new URL(`cell-main${extname(import.meta.url)}`, import.meta.url),
    leaseMs: settings.LEASE_MS,
    blockedMsMax: settings.BLOCKED_MS_MAX,
    cellHeapMbMax: settings.CELL_HEAP_MB_MAX,
    housekeeping: [
      () => purgeAnswers(db),
      () => purgeRates(db),
      () => purgeSessions(db),
      () => purgeIdentity(db),
      sweepPayloads,
      () => rememberFor(db, settings.HISTORY_DAYS),
    ],
  })
  return {
    async start(signal: AbortSignal): Promise<void> {
      // before the first job ends: what is written while its partition is being made fails
      await rememberFor(db, settings.HISTORY_DAYS).catch((error: unknown) =>
        log.warn({ err: error }, 'the history could not be made ready; it is tried again'),
      )
      await worker.start(signal)
    },
    stop(options: StopOptions): Promise<void> {
      stopping.abort()
      return worker.stop(options)
    },
  }
}

async function rememberFor(db: Database, days: number): Promise<void> {
  await keepHistory(db, days)
}
