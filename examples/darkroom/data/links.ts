/**
 * Links: whoever has one sees an album until it expires or is revoked. Its token is shown once; what is kept is its hash,
 * which opens nothing.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Granted } from 'millrace'
import type { Database } from 'millrace/data'
import type { AlbumThing } from '../contract/rules.ts'
import { tablesOf } from './tables.ts'

const TOKEN_BYTES = 32
const TOKEN = /^[\w-]{43}$/

export interface NewLink {
  readonly id: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** An album that a link shows. */
export interface SharedAlbum {
  readonly id: string
  readonly owner: string
  readonly title: string
}

/** Inside `db.transaction` all of this joins that transaction. */
export function links(db: Database) {
  const tables = tablesOf(db)
  const good = (now: Date) =>
    tables.selectFrom('album_link').where('revoked_at', 'is', null).where('expires_at', '>', now)

  return {
    /** Answers the token, which nobody can find out again. */
    async add({ id: album }: Granted<AlbumThing, 'share'>, link: NewLink): Promise<string> {
      const token = randomBytes(TOKEN_BYTES).toString('base64url')
      const { id, createdAt, expiresAt } = link
      const times = { created_at: createdAt, expires_at: expiresAt, revoked_at: null }
      await tables
        .insertInto('album_link')
        .values({ id, album_id: album, token_hash: hashOf(token), ...times })
        .execute()
      return token
    },

    /** Those that are good, the newest first. */
    list({ id }: Granted<AlbumThing, 'share'>, now: Date) {
      return good(now)
        .select(['id', 'created_at', 'expires_at'])
        .where('album_id', '=', id)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute()
    },

    /** False when it has no such link, or it was revoked before. */
    async revoke({ id }: Granted<AlbumThing, 'share'>, link: string, now: Date): Promise<boolean> {
      const { numUpdatedRows } = await tables
        .updateTable('album_link')
        .set({ revoked_at: now })
        .where('id', '=', link)
        .where('album_id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },

    /** The album that a token opens now. */
    async findAlbum(token: string, now: Date): Promise<SharedAlbum | undefined> {
      if (!TOKEN.test(token)) return undefined
      return good(now)
        .innerJoin('album', 'album.id', 'album_link.album_id')
        .select(['album.id', 'album.owner', 'album.title'])
        .where('token_hash', '=', hashOf(token))
        .executeTakeFirst()
    },

    /** Whether the album holds the photo, and it is there to be seen. */
    async holds({ id }: SharedAlbum, photoId: string): Promise<boolean> {
      const row = await tables
        .selectFrom('album_photo')
        .innerJoin('photo', 'photo.id', 'album_photo.photo_id')
        .select('photo.id')
        .where('album_photo.album_id', '=', id)
        .where('photo.id', '=', photoId)
        .where('photo.status', '=', 'ready')
        .where('photo.deleted_at', 'is', null)
        .executeTakeFirst()
      return row !== undefined
    },
  }
}

/** Fast on purpose: 256 random bits are not to be guessed, however fast the hash is. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
