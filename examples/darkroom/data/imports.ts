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

    /** The ids of all photos that have ever come out of it, deleted ones included. */
    async photoIds(id: string): Promise<ReadonlySet<string>> {
      const rows = await tables.selectFrom('photo').select('id').where('import_id', '=', id).execute()
      return new Set(rows.map((row) => row.id))
    },

    /** Its job has done all of it. */
    async finish(id: string, { leftOut, leftOutCount }: ImportResult, now: Date): Promise<void> {
      const told = JSON.stringify(leftOut.slice(0, LEFT_OUT_TOLD_MAX))
      await tables
        .updateTable('import')
        .set({ imported_at: now, left_out: told, left_out_count: leftOutCount })
        .where('id', '=', id)
        .execute()
    },

    /** Another job goes on with it. */
    async begin({ id }: Granted<ImportThing, 'change'>, operation: string): Promise<void> {
      await tables.updateTable('import').set({ operation }).where('id', '=', id).execute()
    },

    /** Nothing more will come out of it, and what has is deleted as its users delete. Answers how many photos that were. */
    async takeBack({ id }: Granted<ImportThing, 'change'>, now: Date): Promise<number> {
      await tables.updateTable('import').set({ taken_back_at: now }).where('id', '=', id).execute()
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
