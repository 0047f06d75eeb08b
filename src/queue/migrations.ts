/** The tables and routines of the queue. */
import type { MigrationSet } from '../data/migrate.ts'

export const queueMigrations: MigrationSet = {
  name: 'queue',
  folder: new URL('migrations/', import.meta.url),
  routines: new URL('routines/', import.meta.url),
}
