/** Albums: photos that somebody shows to others, who they are, and what they may do. */
import { sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { Granted } from 'millrace'
import type { Database } from 'millrace/data'
import { ALBUMS_MAX, ALBUMS_SHARED_LISTED_MAX } from '../contract/limits.ts'
import type { AlbumThing, MemberRole, PhotoThing, Right } from '../contract/rules.ts'
import { tablesOf } from './tables.ts'

export interface NewAlbum {
  readonly id: string
  readonly owner: string
  readonly title: string
  readonly createdAt: Date
}

export interface NewMember {
  readonly account: string
  readonly name: string
  readonly role: MemberRole
}

export type Albums = ReturnType<typeof albums>
export type Album = NonNullable<Awaited<ReturnType<Albums['find']>>>

/** Pixels of the longer edge that a cover is shown in. */
const COVER_SIZE = 640

/** Inside `db.transaction` all of this joins that transaction. */
export function albums(db: Database) {
  const tables = tablesOf(db)

  /** With what an account may do in them, how many photos there are to be seen, and a rendition of the newest. */
  const shown = (asker: string) =>
    tables
      .selectFrom('album')
      .select(['album.id', 'album.owner', 'album.title', 'album.created_at'])
      .select((eb) => [
        jsonArrayFrom(
          eb
            .selectFrom('album_member')
            .select(['album_member.account', 'album_member.role'])
            .whereRef('album_member.album_id', '=', 'album.id')
            .where('album_member.account', '=', asker),
        )
          .$castTo<Right[]>()
          .as('rights'),
        eb
          .selectFrom('album_photo')
          .innerJoin('photo', 'photo.id', 'album_photo.photo_id')
          .select(({ fn }) => fn.countAll<string>().as('count'))
          .whereRef('album_photo.album_id', '=', 'album.id')
          .where('photo.deleted_at', 'is', null)
          .where(sql<boolean>`photo.status in ('ready', 'processing')`)
          .as('count'),
        eb
          .selectFrom('album_photo')
          .innerJoin('photo', 'photo.id', 'album_photo.photo_id')
          .innerJoin('rendition', 'rendition.photo_id', 'photo.id')
          .select(sql<string>`'/media/' || photo.id || '/' || rendition.file`.as('path'))
          .whereRef('album_photo.album_id', '=', 'album.id')
          .where('photo.deleted_at', 'is', null)
          .where('photo.status', '=', 'ready')
          .where('rendition.format', '=', 'webp')
          .orderBy('photo.shown_at', 'desc')
          .orderBy('photo.id', 'desc')
          .orderBy(sql`abs(rendition.size - ${COVER_SIZE})`)
          .limit(1)
          .as('cover'),
      ])

  const find = (id: string, asker: string) => shown(asker).where('album.id', '=', id).executeTakeFirst()

  /** What they put in goes with them: it was shown to people with whom they have nothing to do any more. */
  async function takeOut(id: string, account: string): Promise<boolean> {
    const member = tables.deleteFrom('album_member').where('album_id', '=', id).where('account', '=', account)
    if ((await member.executeTakeFirst()).numDeletedRows === 0n) return false
    await tables.deleteFrom('album_photo').where('album_id', '=', id).where('added_by', '=', account).execute()
    return true
  }

  return {
    /** False when its owner has as many as one may have. */
    async add({ createdAt, ...rest }: NewAlbum): Promise<boolean> {
      return db.transaction(async () => {
        // two at once would both count what is there without the other
        await sql`select pg_advisory_xact_lock(hashtextextended('darkroom albums of ' || ${rest.owner}, 0))`.execute(
          tables,
        )
        const own = tables.selectFrom('album').where('owner', '=', rest.owner)
        const { count } = await own.select(({ fn }) => fn.countAll<string>().as('count')).executeTakeFirstOrThrow()
        if (Number(count) >= ALBUMS_MAX) return false
        await tables
          .insertInto('album')
          .values({ ...rest, created_at: createdAt })
          .execute()
        return true
      })
    },

    /** With the rights of an account. */
    find,

    /** As `find`, and nobody else changes it, or who may do what in it, until the transaction ends. */
    async findToEdit(id: string, asker: string) {
      // by itself: a statement reads what was committed when it began, which may be long before it gets the lock
      await tables.selectFrom('album').select('id').where('id', '=', id).forUpdate().execute()
      return find(id, asker)
    },

    /** Those that an account owns, all of them, and those that it is a member of, the newest first. */
    listOf(account: string) {
      // whoever shares hundreds with somebody takes the place of their own older ones: each owner has a newest, a second, …
      const rank = sql<string>`row_number() over (partition by owner order by created_at desc, id)`
      const shared = tables
        .selectFrom('album')
        .innerJoin('album_member', 'album_member.album_id', 'album.id')
        .select(['album.id', rank.as('rank')])
        .where('album_member.account', '=', account)
        .orderBy('rank')
        .orderBy('album.created_at', 'desc')
        .limit(ALBUMS_SHARED_LISTED_MAX)
      return shown(account)
        .where((eb) =>
          eb.or([
            eb('album.owner', '=', account),
            eb('album.id', 'in', eb.selectFrom(shared.as('shared')).select('shared.id')),
          ]),
        )
        .orderBy('album.created_at', 'desc')
        .orderBy('album.id')
        .execute()
    },

    async rename({ id }: Granted<AlbumThing, 'edit'>, title: string): Promise<void> {
      await tables.updateTable('album').set({ title }).where('id', '=', id).execute()
    },

    /** Its photos stay where they are. */
    async remove({ id }: Granted<AlbumThing, 'remove'>): Promise<void> {
      await tables.deleteFrom('album').where('id', '=', id).execute()
    },

    /** Those that it holds already stay as they are. */
    async addPhotos(
      { id }: Granted<AlbumThing, 'edit'>,
      photos: readonly Granted<PhotoThing, 'show'>[],
      by: { readonly account: string; readonly at: Date },
    ): Promise<void> {
      const about = { album_id: id, added_by: by.account, added_at: by.at }
      await tables
        .insertInto('album_photo')
        .values(photos.map((photo) => ({ ...about, photo_id: photo.id })))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },

    /** False when it holds no such photo. */
    async removePhoto({ id }: Granted<AlbumThing, 'edit'>, photoId: string): Promise<boolean> {
      const query = tables.deleteFrom('album_photo').where('album_id', '=', id).where('photo_id', '=', photoId)
      return (await query.executeTakeFirst()).numDeletedRows > 0n
    },

    listMembers({ id }: Granted<AlbumThing, 'share'>) {
      return tables
        .selectFrom('album_member')
        .select(['account', 'name', 'role'])
        .where('album_id', '=', id)
        .orderBy('added_at')
        .orderBy('account')
        .execute()
    },

    /** Answers the role that they have then: who may do more already goes on doing so. */
    async putMember({ id }: Granted<AlbumThing, 'share'>, member: NewMember, now: Date): Promise<MemberRole> {
      const { account, name, role } = member
      const higher = sql<MemberRole>`case when album_member.role = 'editor' then 'editor' else ${role} end`
      const put = await tables
        .insertInto('album_member')
        .values({ album_id: id, account, name, role, added_at: now })
        .onConflict((conflict) => conflict.columns(['album_id', 'account']).doUpdateSet({ name, role: higher }))
        .returning('role')
        .executeTakeFirstOrThrow()
      return put.role
    },

    /** Undefined when there is no such member. */
    setRole({ id }: Granted<AlbumThing, 'share'>, account: string, role: MemberRole) {
      return tables
        .updateTable('album_member')
        .set({ role })
        .where('album_id', '=', id)
        .where('account', '=', account)
        .returning(['account', 'name', 'role'])
        .executeTakeFirst()
    },

    /** A member and their photos. False when there is no such member. */
    removeMember: ({ id }: Granted<AlbumThing, 'share'>, account: string) => takeOut(id, account),

    /** The same, of their own will. */
    leave: ({ id }: Granted<AlbumThing, 'see'>, account: string) => takeOut(id, account),
  }
}
