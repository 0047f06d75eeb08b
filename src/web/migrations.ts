/** The tables of the web box. */
import type { MigrationSet } from '../data/migrate.ts'

export const webMigrations: MigrationSet = { name: 'web', folder: new URL('migrations/', import.meta.url) }
