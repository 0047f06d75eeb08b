/** Photos as their users handle them: added, listed, edited, deleted and brought back. */
import { type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { Database } from 'millrace/data'
import { type Tables, tablesOf } from './tables.ts'

/** What is known of a photo when it arrives. */
export interface NewPhoto {
  readonly id: string
  readonly name: string
  readonly operation: string
  readonly bytes: number
  readonly mediaType: string
  readonly uploadedAt: Date
  /** Whose turn it takes to be rendered. */
  readonly uploader?: string
  /** The import that it came out of. */
  readonly importId?: string
}

/** A place in the archive: the photo that a page ended with. */
export interface Place {
  readonly shownAt: Date
  readonly id: string
}

export interface PhotoEdit {
  readonly title?: string | null | undefined
  readonly caption?: string | null | undefined
}

export type Photos = ReturnType<typeof photos>
export type Photo = NonNullable<Awaited<ReturnType<Photos['find']>>>

/** made: photos, and those that are being made. unmade: those whose rendering failed or was cancelled. */
export type Shelf = 'made' | 'unmade'

/** As they stand in the indexes. */
const ON_SHELF: Readonly<Record<Shelf, RawBuilder<SqlBool>>> = {
  made: sql`photo.status in ('ready', 'processing')`,
  unmade: sql`photo.status in ('failed', 'cancelled')`,
}

/** The photos in a database. Inside `db.transaction` all of this joins that transaction. */
export function photos(db: Database) {
  const tables = tablesOf(db)
  const shown = () => withDetails(tables.selectFrom('photo')).where('photo.deleted_at', 'is', null)

  return {
    async add(added: readonly NewPhoto[]): Promise<void> {
      const rows = added.map(({ id, name, operation, bytes, mediaType, uploadedAt, uploader, importId }) => ({
        ...{ id, name, operation, bytes, media_type: mediaType, uploaded_at: uploadedAt, shown_at: uploadedAt },
        ...{ uploader: uploader ?? null, import_id: importId ?? null },
      }))
      await tables.insertInto('photo').values(rows).execute()
    },

    /** Which of these ids are photos, deleted ones included. */
    async findKnown(ids: readonly string[]): Promise<ReadonlySet<string>> {
      if (ids.length === 0) return new Set()
      const rows = await tables
        .selectFrom('photo')
        .select('id')
        .where('id', 'in', [...ids])
        .execute()
      return new Set(rows.map((row) => row.id))
    },

    find(id: string) {
      return shown().where('photo.id', '=', id).executeTakeFirst()
    },

    /** As `find`, and nobody else changes the photo until the transaction ends. */
    findToEdit(id: string) {
      return shown().where('photo.id', '=', id).forUpdate('photo').executeTakeFirst()
    },

    /** Up to `limit` photos after a place, the newest first. */
    list(limit: number, after: Place | undefined, shelf: Shelf = 'made') {
      const onShelf = shown().where(ON_SHELF[shelf])
      const page = onShelf.orderBy('photo.shown_at', 'desc').orderBy('photo.id', 'desc').limit(limit)
      if (after === undefined) return page.execute()
      return page
        .where((eb) => eb(eb.refTuple('photo.shown_at', 'photo.id'), '<', eb.tuple(after.shownAt, after.id)))
        .execute()
    },

    /** The photos of an import that were rendered last. */
    latestOf(importId: string, limit: number) {
      const ready = shown().where('photo.import_id', '=', importId).where('photo.status', '=', 'ready')
      return ready.orderBy('photo.ready_at', 'desc').orderBy('photo.id').limit(limit).execute()
    },

    async edit(id: string, { title, caption }: PhotoEdit): Promise<void> {
      const edit = { ...(title !== undefined && { title }), ...(caption !== undefined && { caption }) }
      if (Object.keys(edit).length === 0) return
      await tables.updateTable('photo').set(edit).where('id', '=', id).execute()
    },

    /** Hides the photo; the purge takes it some weeks later. False when there is none. */
    async remove(id: string, now: Date): Promise<boolean> {
      const query = tables.updateTable('photo').set({ deleted_at: now })
      const { numUpdatedRows } = await query.where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst()
      return numUpdatedRows > 0n
    },

    /** Brings a deleted photo back; one that is there stays as it is. */
    async restore(id: string): Promise<void> {
      await tables.updateTable('photo').set({ deleted_at: null }).where('id', '=', id).execute()
    },

    /** A rendition of a photo that is not deleted. */
    findRendition(photoId: string, file: string) {
      return tables
        .selectFrom('rendition')
        .innerJoin('photo', 'photo.id', 'rendition.photo_id')
        .select(['rendition.format', 'rendition.bytes'])
        .where('photo_id', '=', photoId)
        .where('file', '=', file)
        .where('photo.deleted_at', 'is', null)
        .executeTakeFirst()
    },
  }
}

/** With its renditions, and without a link to a photo that was deleted. */
function withDetails<O>(query: SelectQueryBuilder<Tables, 'photo', O>) {
  return query
    .select([
      'photo.id',
      'photo.name',
      'photo.title',
      'photo.caption',
      'photo.status',
      'photo.operation',
      'photo.problem_code',
      'photo.problem_detail',
      'photo.bytes',
      'photo.media_type',
      'photo.uploaded_at',
      'photo.shown_at',
      'photo.taken_at',
      'photo.width',
      'photo.height',
      'photo.camera',
      'photo.lens',
      'photo.exposure',
      'photo.position',
      'photo.colours',
      'photo.placeholder',
      'photo.import_id',
    ])
    .select((eb) => [
      eb
        .selectFrom('photo as older')
        .select('older.id')
        .where('older.id', '=', sql.ref<string>('photo.duplicate_of'))
        .where('older.deleted_at', 'is', null)
        .as('duplicate_of'),
      jsonArrayFrom(
        eb
          .selectFrom('rendition')
          .select(['rendition.file', 'rendition.format', 'rendition.width', 'rendition.height', 'rendition.bytes'])
          .whereRef('rendition.photo_id', '=', 'photo.id')
          .orderBy('rendition.size')
          .orderBy('rendition.format'),
      ).as('renditions'),
    ])
}
