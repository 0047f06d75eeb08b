/** The tables of accounts and logins. */
import type { MigrationSet } from '../data/migrate.ts'

export const identityMigrations: MigrationSet = { name: 'identity', folder: new URL('migrations/', import.meta.url) }
