/**
 * The one door into Millrace's inside. The benchmark starts the embedded server without an application, and submits from
 * a process that is neither web nor worker, and times single claims: none has a public entry. Everything else goes through
 * `millrace/…`.
 */
import { fileURLToPath } from 'node:url'

export { awaitDatabase, migrationsOf, openParts } from '../src/app/parts.ts'
export { readSettings } from '../src/app/settings.ts'
export { workerProcess } from '../src/app/worker-process.ts'
export { embeddedPostgres } from '../src/data/embedded/embedded-postgres.ts'
export { stampEnvironment } from '../src/data/environment.ts'
export { migrate } from '../src/data/migrate.ts'
export { systemClock } from '../src/kernel/clock.ts'
export { newRandomId } from '../src/kernel/ids.ts'
export { silentLog } from '../src/kernel/log.ts'
export { claim, probe } from '../src/queue/claim.ts'
export { type ClaimedEntry, type ClaimedJob, jobsOf } from '../src/queue/claimed.ts'
export { promote } from '../src/queue/promote.ts'
export { settle } from '../src/queue/settle.ts'
export { registerWorker } from '../src/queue/workers.ts'
export { openEngineDatabase } from '../src/worker/engine-database.ts'

/** The program of the command line, for processes as `millrace start` runs them. */
export const CLI = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
