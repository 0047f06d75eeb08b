/** millrace/data: the database handle, its transactions and migrations. */

export type { QueryOptions, Result } from './connection.ts'
export { Database, type DatabaseOptions, type PoolLike } from './database.ts'
export { checkEnvironment, ENVIRONMENTS, type Environment, stampEnvironment } from './environment.ts'
export { type MigrationSet, migrate, pendingMigrations } from './migrate.ts'
export { type Statement, sql } from './sql.ts'
export type { Queryable, Transaction } from './transaction.ts'
