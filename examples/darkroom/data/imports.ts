/** Imports: what was uploaded, what has come out of it so far, and how it ended. */
import { sql } from 'kysely'
import type { Granted } from 'millrace'
import type { Database } from 'millrace/data'
import type { LeftOut } from '../contract/imports.ts'
import { LEFT_OUT_TOLD_MAX } from '../contract/limits.ts'
import type { ImportThing } from '../contract/rules.ts'
import { type PhotoStatus, tablesOf } from './tables.ts'

export interface NewImport {
  readonly id: string
  readonly uploader: string
  readonly name: string
  readonly bytes: number
  readonly operation: string
  readonly uploadedAt: Date
}

export interface ImportResult {
  readonly leftOut: readonly LeftOut[]
  readonly leftOutCount: number
  /** Whether more may come out of its archive another time. */
  readonly canGoOn: boolean
}

export type Imports = ReturnType<typeof imports>
export type Import = NonNullable<Awaited<ReturnType<Imports['find']>>>

/** Inside `db.transaction` all of this joins that transaction. */
export function imports(db: Database) {
  const tables = tablesOf(db)
  const all = () => tables.selectFrom('import').selectAll()

  return {
    async add({ uploadedAt, ...rest }: NewImport): Promise<void> {
      await tables
        .insertInto('import')
        .values({ ...rest, uploaded_at: uploadedAt })
        .execute()
    },

    find(id: string) {
      return all().where('id', '=', id).executeTakeFirst()
    },

    /** Those of a user that were not put away, the newest first. */
    listOf(uploader: string, limit: number) {
      const own = all().where('uploader', '=', uploader).where('put_away_at', 'is', null)
      return own.orderBy('uploaded_at', 'desc').orderBy('id').limit(limit).execute()
    },

    /** As `find`, and nobody adds to it or takes it back until the transaction ends. */
    lock(id: string) {
      return all().where('id', '=', id).forUpdate().executeTakeFirst()
    },

    /** Bytes of all archives of a user that are kept. */
    async archivesBytes(uploader: string): Promise<number> {
      const own = tables.selectFrom('import').where('uploader', '=', uploader).where('holds_archive', '=', true)
      const row = await own.select(({ fn }) => fn.sum<string | null>('bytes').as('bytes')).executeTakeFirst()
      return Number(row?.bytes ?? 0)
    },

    /** The ids of all photos that have ever come out of it, deleted ones included, and those that were deleted for good. */
    async photoIds(id: string): Promise<ReadonlySet<string>> {
      const there = tables.selectFrom('photo').select('id').where('import_id', '=', id)
      const gone = tables.selectFrom('import_gone').select('photo_id as id').where('import_id', '=', id)
      return new Set((await there.unionAll(gone).execute()).map((row) => row.id))
    },

    /** Its job has done all of it. Answers whether its archive is kept: nobody goes on with what was put away. */
    async finish(id: string, { leftOut, leftOutCount, canGoOn }: ImportResult, now: Date): Promise<boolean> {
      const told = JSON.stringify(leftOut.slice(0, LEFT_OUT_TOLD_MAX))
      const finished = await tables
        .updateTable('import')
        .set({ imported_at: now, left_out: told, left_out_count: leftOutCount })
        .set({ holds_archive: sql<boolean>`put_away_at is null and ${canGoOn}` })
        .where('id', '=', id)
        .returning('holds_archive')
        .executeTakeFirst()
      return finished?.holds_archive === true
    },

    /** Another job goes on with it. */
    async begin({ id }: Granted<ImportThing, 'change'>, operation: string): Promise<void> {
      const anew = { imported_at: null, left_out: null, left_out_count: null }
      await tables
        .updateTable('import')
        .set({ operation, ...anew })
        .where('id', '=', id)
        .execute()
    },

    /** Nothing more will come out of it, and what has is deleted as its users delete. Answers how many photos that were. */
    async takeBack({ id }: Granted<ImportThing, 'change'>, now: Date): Promise<number> {
      await tables
        .updateTable('import')
        .set({ taken_back_at: now, holds_archive: false })
        .where('id', '=', id)
        .execute()
      const photos = tables.updateTable('photo').set({ deleted_at: now })
      const { numUpdatedRows } = await photos
        .where('import_id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return Number(numUpdatedRows)
    },

    async putAway({ id }: Granted<ImportThing, 'change'>, now: Date): Promise<void> {
      await tables.updateTable('import').set({ put_away_at: now }).where('id', '=', id).execute()
    },

    /** Nothing more can come out of it. The file is the caller's to delete; should they fail, the purge does. */
    async dropArchive({ id }: Granted<ImportThing, 'change'>): Promise<void> {
      await tables.updateTable('import').set({ holds_archive: false }).where('id', '=', id).execute()
    },

    /** Photos of imports by their status, without deleted ones. */
    async countPhotos(ids: readonly string[]) {
      const rows = await tables
        .selectFrom('photo')
        .select(({ fn }) => ['import_id', 'status', fn.countAll<string>().as('count')])
        .where('import_id', 'in', [...ids])
        .where('deleted_at', 'is', null)
        .groupBy(['import_id', 'status'])
        .execute()
      const counts = new Map<string, Record<PhotoStatus, number>>()
      for (const id of ids) counts.set(id, { processing: 0, ready: 0, failed: 0, cancelled: 0 })
      for (const { import_id, status, count } of rows) {
        const own = counts.get(import_id ?? '')
        if (own !== undefined) own[status] = Number(count)
      }
      return counts
    },

    /** Renders of its photos that may still be under way, up to `limit`, after one of them, by id. */
    listMaking(id: string, limit: number, after: string | undefined) {
      const making = tables
        .selectFrom('photo')
        .select(['id', 'operation'])
        .where('import_id', '=', id)
        .where(sql<boolean>`status = 'processing'`)
        .orderBy('id')
        .limit(limit)
      return (after === undefined ? making : making.where('id', '>', after)).execute()
    },
  }
}
