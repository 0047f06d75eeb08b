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

declare const OPENED: unique symbol

/** An album that a link shows: only a good token makes one. */
export interface SharedAlbum {
  readonly id: string
  readonly owner: string
  readonly title: string
  readonly [OPENED]: true
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

    /** Whether there is one that is good. */
    async isAny({ id }: Granted<AlbumThing, 'see'>, now: Date): Promise<boolean> {
      return (await good(now).select('id').where('album_id', '=', id).limit(1).executeTakeFirst()) !== undefined
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
      const opened = await good(now)
        .innerJoin('album', 'album.id', 'album_link.album_id')
        .select(['album.id', 'album.owner', 'album.title'])
        .where('token_hash', '=', hashOf(token))
        .executeTakeFirst()
      return opened as SharedAlbum | undefined
    },

    /** A rendition of a photo that the album holds, and that is there to be seen. */
    findRendition({ id }: SharedAlbum, photoId: string, file: string) {
      return tables
        .selectFrom('album_photo')
        .innerJoin('photo', 'photo.id', 'album_photo.photo_id')
        .innerJoin('rendition', 'rendition.photo_id', 'photo.id')
        .select(['rendition.format', 'rendition.bytes'])
        .where('album_photo.album_id', '=', id)
        .where('photo.id', '=', photoId)
        .where('photo.status', '=', 'ready')
        .where('photo.deleted_at', 'is', null)
        .where('rendition.file', '=', file)
        .executeTakeFirst()
    },
  }
}

/** Fast on purpose: 256 random bits are not to be guessed, however fast the hash is. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
