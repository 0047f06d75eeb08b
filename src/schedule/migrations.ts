/** The tables of the schedules. */
import type { MigrationSet } from '../data/migrate.ts'

export const scheduleMigrations: MigrationSet = { name: 'schedule', folder: new URL('migrations/', import.meta.url) }
