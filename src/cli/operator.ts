/** What the commands for operators work with: the database of the application, wherever it runs. */
import { homeFolder } from '../app/parts.ts'
import { readSettings, type Settings } from '../app/settings.ts'
import { Database } from '../data/database.ts'
import { findRunningServer } from '../data/embedded/server-url.ts'
import { checkEnvironment, dataMigrations } from '../data/environment.ts'
import { dataErrors } from '../data/errors.ts'
import { pendingMigrations } from '../data/migrate.ts'
import { identityMigrations } from '../identity/migrations.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { type Hints, openHints } from '../queue/hints.ts'
import { queueMigrations } from '../queue/migrations.ts'
import { scheduleMigrations } from '../schedule/migrations.ts'
import { sessionMigrations } from '../session/migrations.ts'
import { cliErrors } from './errors.ts'

export interface Operator {
  readonly db: Database
  readonly hints: Hints
  /** With the database's URL, wherever it was found. */
  readonly settings: Settings & { readonly DATABASE_URL: string }
}

const POOL_MAX = 2
const HINTS_MS_MAX = 5_000

/**
 * Runs `work` on the database that DATABASE_URL names, or, without it, on the embedded one of a `millrace start` that runs
 * here, once it is known to be of this release and of this environment.
 *
 * @throws MILLRACE_CLI_NO_DATABASE, MILLRACE_DATA_SCHEMA_BEHIND, MILLRACE_DATA_WRONG_ENVIRONMENT, MILLRACE_DATA_UNREACHABLE
 */
export async function asOperator<T>(work: (operator: Operator) => Promise<T>): Promise<T> {
  const settings = readSettings(process.env)
  const url = settings.DATABASE_URL ?? findRunningServer(homeFolder(settings))?.url
  if (url === undefined) throw cliErrors.MILLRACE_CLI_NO_DATABASE({ home: homeFolder(settings) })
  const parts = { url, clock: systemClock, log: silentLog() }
  const db = new Database({ ...parts, poolMax: POOL_MAX, applicationName: 'millrace operator' })
  const hints = openHints(parts)
  try {
    const pending = await pendingMigrations(db, [
      dataMigrations,
      queueMigrations,
      scheduleMigrations,
      identityMigrations,
      sessionMigrations,
    ])
    if (pending.length > 0) throw dataErrors.MILLRACE_DATA_SCHEMA_BEHIND({ pending })
    await checkEnvironment(db, settings.MILLRACE_ENV)
    await hints.start(AbortSignal.timeout(HINTS_MS_MAX))
    return await work({ db, hints, settings: { ...settings, DATABASE_URL: url } })
  } finally {
    await hints.stop({ drainMs: 0 })
    await db.end()
  }
}
