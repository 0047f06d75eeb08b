/** What the purge asks of the database and takes out of it. */
import type { Database } from 'millrace/data'
import { tablesOf } from './tables.ts'

const PURGE_COUNT = 100
/** Imports put away unfinished that one purge looks at: those that are left, the next night finds. */
const PUT_AWAY_COUNT = 1_000

export function purges(db: Database) {
  const tables = tablesOf(db)

  return {
    /** Takes out some photos that were deleted before `limit` and answers their ids; none when there are no more. */
    async removeDeleted(limit: Date): Promise<readonly string[]> {
      const rows = await tables
        .deleteFrom('photo')
        .where('id', 'in', (eb) =>
          eb.selectFrom('photo').select('id').where('deleted_at', '<', limit).limit(PURGE_COUNT),
        )
        .where('deleted_at', '<', limit)
        .returning('id')
        .execute()
      return rows.map((row) => row.id)
    },

    /** Takes out imports that were uploaded before `limit`; their photos stay. */
    async removeImports(limit: Date): Promise<void> {
      await tables.deleteFrom('import').where('uploaded_at', '<', limit).execute()
    },

    /** Which of these imports still hold their archive. */
    async findOpenImports(ids: readonly string[]): Promise<ReadonlySet<string>> {
      const rows = await tables
        .selectFrom('import')
        .select('id')
        .where('id', 'in', [...ids])
        .where('holds_archive', '=', true)
        .execute()
      return new Set(rows.map((row) => row.id))
    },

    /** Of imports that were put away while they were under way: their archive, and the job that may still need it. */
    listPutAway(): Promise<readonly { readonly id: string; readonly operation: string }[]> {
      return tables
        .selectFrom('import')
        .select(['id', 'operation'])
        .where('put_away_at', 'is not', null)
        .where('holds_archive', '=', true)
        .limit(PUT_AWAY_COUNT)
        .execute()
    },

    /** Nobody will go on with these imports. */
    async dropArchives(ids: readonly string[]): Promise<void> {
      if (ids.length === 0) return
      await tables
        .updateTable('import')
        .set({ holds_archive: false })
        .where('id', 'in', [...ids])
        .execute()
    },

    /** How the photos stand that have a row: their status, and the files of their renditions. */
    async findKnown(ids: readonly string[]): Promise<ReadonlyMap<string, KnownPhoto>> {
      const rows = await tables
        .selectFrom('photo')
        .leftJoin('rendition', 'rendition.photo_id', 'photo.id')
        .select(['photo.id', 'photo.status', 'rendition.file'])
        .where('photo.id', 'in', [...ids])
        .execute()
      const known = new Map<string, { readonly isReady: boolean; readonly files: Set<string> }>()
      for (const { id, status, file } of rows) {
        const photo = known.get(id) ?? { isReady: status === 'ready', files: new Set() }
        if (file !== null) photo.files.add(file)
        known.set(id, photo)
      }
      return known
    },
  }
}

export interface KnownPhoto {
  readonly isReady: boolean
  readonly files: ReadonlySet<string>
}
