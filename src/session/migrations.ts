/** The table of sessions. */
import type { MigrationSet } from '../data/migrate.ts'

export const sessionMigrations: MigrationSet = { name: 'session', folder: new URL('migrations/', import.meta.url) }
