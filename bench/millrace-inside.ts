/**
 * The one door into Millrace's inside. The benchmark starts the embedded server without an application, and submits from
 * a process that is neither web nor worker: neither has a public entry. Everything else goes through `millrace/…`.
 */
import { fileURLToPath } from 'node:url'

export { awaitDatabase, migrationsOf, openParts } from '../src/app/parts.ts'
export { readSettings } from '../src/app/settings.ts'
export { workerProcess } from '../src/app/worker-process.ts'
export { embeddedPostgres } from '../src/data/embedded/embedded-postgres.ts'
export { stampEnvironment } from '../src/data/environment.ts'
export { migrate } from '../src/data/migrate.ts'
export { systemClock } from '../src/kernel/clock.ts'
export { silentLog } from '../src/kernel/log.ts'

/** The program of the command line, for processes as `millrace start` runs them. */
export const CLI = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
