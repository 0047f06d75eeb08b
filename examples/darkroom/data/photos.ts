/** Photos as their users handle them: added, listed, edited, deleted and brought back. */
import { type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { Granted } from 'millrace'
import type { Database } from 'millrace/data'
import { type AlbumThing, type ImportThing, type PhotoThing, type Right, rightsIn } from '../contract/rules.ts'
import type { SharedAlbum } from './links.ts'
import { type Tables, tablesOf } from './tables.ts'

/** What is known of a photo when it arrives. */
export interface NewPhoto {
  readonly id: string
  readonly name: string
  readonly operation: string
  readonly bytes: number
  readonly mediaType: string
  readonly uploadedAt: Date
  /** The account whose it is. */
  readonly owner: string
  /** The import that it came out of. */
  readonly importId?: string
}

/** A place in a list: the photo that a page ended with, by the time that the list is ordered by. */
export interface Place {
  readonly at: Date
  readonly id: string
}

/** The photos of an account, or those that an album holds: for whoever may see it, or has a link to it. */
export type Within =
  | { readonly owner: string }
  | { readonly album: Granted<AlbumThing, 'see'> }
  | { readonly shared: SharedAlbum }

export interface PhotoEdit {
  readonly title?: string | null | undefined
  readonly caption?: string | null | undefined
}

export type Photos = ReturnType<typeof photos>
export type Photo = NonNullable<Awaited<ReturnType<Photos['find']>>>

/** made: photos, and those that are being made. ready: those that are made. unmade: whose rendering failed or was cancelled. */
export type Shelf = 'made' | 'ready' | 'unmade'

/** As they stand in the indexes. */
const ON_SHELF: Readonly<Record<Shelf, RawBuilder<SqlBool>>> = {
  made: sql`photo.status in ('ready', 'processing')`,
  ready: sql`photo.status = 'ready'`,
  unmade: sql`photo.status in ('failed', 'cancelled')`,
}

/** The photos in a database. Inside `db.transaction` all of this joins that transaction. */
export function photos(db: Database) {
  const tables = tablesOf(db)
  const all = (asker: string | undefined) => withDetails(withRights(tables.selectFrom('photo'), asker))
  const shown = (asker?: string) => all(asker).where('photo.deleted_at', 'is', null)

  return {
    async add(added: readonly NewPhoto[]): Promise<void> {
      const rows = added.map(({ id, name, operation, bytes, mediaType, uploadedAt, owner, importId }) => ({
        ...{ id, name, operation, bytes, media_type: mediaType, uploaded_at: uploadedAt, shown_at: uploadedAt },
        ...{ owner, import_id: importId ?? null },
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

    /** With the rights that an account has through albums. */
    find(id: string, asker?: string) {
      return shown(asker).where('photo.id', '=', id).executeTakeFirst()
    },

    /** What rules must know of a photo, whether it was deleted or not. */
    findRights(id: string, asker: string) {
      const photo = withRights(
        tables.selectFrom('photo').select(['photo.id', 'photo.owner', 'photo.deleted_at']),
        asker,
      )
      return photo.where('photo.id', '=', id).executeTakeFirst()
    },

    /** As `find`, and nobody else changes the photo until the transaction ends. */
    async findToEdit(id: string, asker: string) {
      // by itself: a statement reads what was committed when it began, which may be long before it gets the lock
      await tables.selectFrom('photo').select('id').where('id', '=', id).forUpdate().execute()
      return shown(asker).where('photo.id', '=', id).executeTakeFirst()
    },

    /** As `find`, whether it was deleted or not. */
    findEvenDeleted(id: string) {
      return all(undefined).where('photo.id', '=', id).executeTakeFirst()
    },

    /** A photo that was deleted. Nobody else brings it back or takes it out until the transaction ends. */
    async findDeletedToEdit(id: string) {
      const row = await tables
        .selectFrom('photo')
        .select(['id', 'owner', 'deleted_at', 'status', 'operation'])
        .where('id', '=', id)
        .where('deleted_at', 'is not', null)
        .forUpdate()
        .executeTakeFirst()
      return row && { ...row, rights: [] }
    },

    /** What rules must know of some photos of an account, in the order of their ids; undefined for what is not its own. */
    async findOwn(ids: readonly string[], owner: string): Promise<readonly (PhotoThing | undefined)[]> {
      const rows = await tables
        .selectFrom('photo')
        .select(['id', 'owner', 'deleted_at'])
        .where('id', 'in', [...ids])
        .where('owner', '=', owner)
        .where('deleted_at', 'is', null)
        .execute()
      const byId = new Map(rows.map((row) => [row.id, { ...row, rights: [] }]))
      return ids.map((id) => byId.get(id))
    },

    /** Up to `limit` photos after a place, the newest first. Those of an album have the rights that the album gives. */
    async list(within: Within, limit: number, after: Place | undefined, shelf: Shelf = 'made') {
      const onShelf = shown().where(ON_SHELF[shelf])
      const own =
        'owner' in within
          ? onShelf.where('photo.owner', '=', within.owner)
          : onShelf.where('photo.id', 'in', (eb) =>
              eb.selectFrom('album_photo').select('photo_id').where('album_id', '=', albumOf(within).id),
            )
      const page = own.orderBy('photo.shown_at', 'desc').orderBy('photo.id', 'desc').limit(limit)
      const rest =
        after === undefined
          ? page
          : page.where((eb) => eb(eb.refTuple('photo.shown_at', 'photo.id'), '<', eb.tuple(after.at, after.id)))
      const found = await rest.execute()
      return 'album' in within ? found.map((photo) => ({ ...photo, rights: rightsIn(within.album) })) : found
    },

    /** Up to `limit` deleted photos of an account after a place, those deleted last first. */
    listDeleted(owner: string, limit: number, after: Place | undefined) {
      const deleted = all(undefined).where('photo.owner', '=', owner).where('photo.deleted_at', 'is not', null)
      const page = deleted
        .orderBy('photo.deleted_at', 'desc')
        .orderBy('photo.id', 'desc')
        .limit(limit)
        .$narrowType<{ deleted_at: Date }>()
      if (after === undefined) return page.execute()
      return page
        .where((eb) => eb(eb.refTuple('photo.deleted_at', 'photo.id'), '<', eb.tuple(after.at, after.id)))
        .execute()
    },

    /** The photos of an import that were rendered last. */
    latestOf({ id }: Granted<ImportThing, 'see'>, limit: number) {
      const ready = shown().where('photo.import_id', '=', id).where('photo.status', '=', 'ready')
      return ready.orderBy('photo.ready_at', 'desc').orderBy('photo.id').limit(limit).execute()
    },

    async edit({ id }: Granted<PhotoThing, 'edit'>, { title, caption }: PhotoEdit): Promise<void> {
      const edit = { ...(title !== undefined && { title }), ...(caption !== undefined && { caption }) }
      if (Object.keys(edit).length === 0) return
      await tables.updateTable('photo').set(edit).where('id', '=', id).execute()
    },

    /** Hides the photo; the purge takes it some weeks later. False when somebody was faster. */
    async remove({ id }: Granted<PhotoThing, 'remove'>, now: Date): Promise<boolean> {
      const query = tables.updateTable('photo').set({ deleted_at: now })
      const { numUpdatedRows } = await query.where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst()
      return numUpdatedRows > 0n
    },

    /** Brings a deleted photo back; one that is there stays as it is. */
    async restore({ id }: Granted<PhotoThing, 'restore'>): Promise<void> {
      await tables.updateTable('photo').set({ deleted_at: null }).where('id', '=', id).execute()
    },

    /** Takes a photo out for good, as the purge does. Whoever goes on with its import does not bring it back. */
    async removeForGood({ id }: Granted<PhotoThing, 'remove'>): Promise<void> {
      const cameOutOf = tables.selectFrom('photo').select(['import_id', 'id']).where('import_id', 'is not', null)
      await tables
        .insertInto('import_gone')
        .columns(['import_id', 'photo_id'])
        .expression(cameOutOf.where('id', '=', id))
        .execute()
      await tables.deleteFrom('photo').where('id', '=', id).execute()
    },

    findRendition({ id: photoId }: Granted<PhotoThing, 'see'>, file: string) {
      return tables
        .selectFrom('rendition')
        .select(['format', 'bytes'])
        .where('photo_id', '=', photoId)
        .where('file', '=', file)
        .executeTakeFirst()
    },
  }
}

const albumOf = (within: Exclude<Within, { readonly owner: string }>) =>
  'album' in within ? within.album : within.shared

/** What an account may do with a photo through the albums that hold it: what rules ask for. */
function withRights<O>(query: SelectQueryBuilder<Tables, 'photo', O>, asker: string | undefined) {
  // one statement whoever asks: nobody has the right of an account that is null
  const account = sql<string>`${asker ?? null}::uuid`
  return query.select((eb) =>
    jsonArrayFrom(
      eb
        .selectFrom('album_photo')
        .innerJoin('album', 'album.id', 'album_photo.album_id')
        .leftJoin('album_member', (join) =>
          join.onRef('album_member.album_id', '=', 'album.id').on('album_member.account', '=', account),
        )
        .select([
          account.as('account'),
          sql<Right['role']>`case when album.owner = ${account} then 'owner' else album_member.role end`.as('role'),
        ])
        .whereRef('album_photo.photo_id', '=', 'photo.id')
        .where((where) =>
          where.or([where('album.owner', '=', account), where('album_member.account', 'is not', null)]),
        ),
    ).as('rights'),
  )
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
      'photo.owner',
      'photo.deleted_at',
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
