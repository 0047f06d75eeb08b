/** The environment stamp: a database belongs to one environment, and a process of another refuses to touch it. */
import type { Database } from './database.ts'
import { dataErrors } from './errors.ts'
import type { MigrationSet } from './migrate.ts'
import { sql } from './sql.ts'

export const ENVIRONMENTS = ['development', 'test', 'staging', 'production'] as const
export type Environment = (typeof ENVIRONMENTS)[number]

/** Whether people are served there, and nothing may be as lenient as in development. */
export function isServed(environment: Environment): boolean {
  return environment === 'production' || environment === 'staging'
}

export const dataMigrations: MigrationSet = { name: 'data', folder: new URL('migrations/', import.meta.url) }

const stamp = sql(import.meta.url, 'sql/stamp-environment.sql')
const find = sql(import.meta.url, 'sql/find-environment.sql')

/** Stamps a database that has no stamp yet, then checks it. @throws MILLRACE_DATA_WRONG_ENVIRONMENT */
export async function stampEnvironment(db: Database, environment: Environment): Promise<void> {
  await db.query(stamp, [environment])
  await checkEnvironment(db, environment)
}

/** @throws MILLRACE_DATA_WRONG_ENVIRONMENT when the database is stamped otherwise. */
export async function checkEnvironment(db: Database, environment: Environment): Promise<void> {
  const { rows } = await db.query<{ name: string }>(find)
  const stamped = rows[0]?.name
  if (stamped !== undefined && stamped !== environment)
    throw dataErrors.MILLRACE_DATA_WRONG_ENVIRONMENT({ stamped, here: environment })
}
