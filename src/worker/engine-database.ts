/** The engine's own connections: handlers that use up theirs must not keep it from settling. */
import { Database, type DatabaseOptions } from '../data/database.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'

const POOL_MAX = 5
const DEADLINE_MS = 10_000

/**
 * Statements of the engine go by the index, in its order: the planner must not be misled by a table that was empty a minute
 * ago. Nor may it gather all rows of a ledger and sort them to find the newest, which is cheap while the dead ones, which it
 * does not count, are few.
 */
export const ENGINE_SETTINGS = Object.freeze({
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
})

/** `open`: how connections are opened; a test kit puts its own in between. */
export function openEngineDatabase(
  parts: { readonly url: string; readonly clock: Clock; readonly log: Log },
  open: (options: DatabaseOptions) => Database = (options) => new Database(options),
): Database {
  return open({
    ...parts,
    poolMax: POOL_MAX,
    deadlineMs: DEADLINE_MS,
    applicationName: 'millrace engine',
    server: ENGINE_SETTINGS,
  })
}
