/** Darkroom's tables as Kysely sees them. */
import { type ColumnType, type Generated, type GeneratedAlways, Kysely, PostgresDialect } from 'kysely'
import type { Database } from 'millrace/data'
import type { LeftOut } from '../contract/imports.ts'
import type { MemberRole } from '../contract/rules.ts'

export interface PhotoTable {
  id: string
  name: string
  title: string | null
  caption: string | null
  status: Generated<PhotoStatus>
  /** The job that renders the photo, which is the id of its operation too. */
  operation: string
  problem_code: string | null
  problem_detail: string | null
  bytes: number
  media_type: string
  uploaded_at: Date
  deleted_at: Date | null
  width: number | null
  height: number | null
  taken_at: string | null
  camera: string | null
  lens: string | null
  exposure: Exposure | null
  position: Position | null
  colours: Generated<string[]>
  placeholder: string | null
  /** 64 of '0' and '1'. */
  looks: string | null
  looks_bands: GeneratedAlways<number[] | null>
  duplicate_of: string | null
  shown_at: Date
  /** The account whose it is; null: uploaded before anyone noted it. */
  owner: string | null
  import_id: string | null
  ready_at: Date | null
}

export type PhotoStatus = 'processing' | 'ready' | 'failed' | 'cancelled'

export interface RenditionTable {
  photo_id: string
  file: string
  format: 'avif' | 'webp' | 'jpeg'
  size: number
  width: number
  height: number
  bytes: number
}

export interface ImportTable {
  id: string
  /** The account whose it is. */
  uploader: string
  /** Of the archive. */
  name: string
  /** A bigint, which comes as text. */
  bytes: ColumnType<string, number, never>
  /** The job that unpacks it, which is the id of its operation too. */
  operation: string
  uploaded_at: Date
  imported_at: Date | null
  left_out: ColumnType<readonly LeftOut[] | null, string | null, string | null>
  left_out_count: number | null
  taken_back_at: Date | null
  put_away_at: Date | null
  /** Whether its archive is still wanted; one that is not is gone, or the purge takes it. */
  holds_archive: Generated<boolean>
}

/** Photos of imports that were deleted for good. */
export interface ImportGoneTable {
  import_id: string
  photo_id: string
}

export interface AlbumTable {
  id: string
  owner: string
  title: string
  created_at: Date
}

export interface AlbumPhotoTable {
  album_id: string
  photo_id: string
  added_by: string
  added_at: Date
}

export interface AlbumMemberTable {
  album_id: string
  account: string
  /** When they were added: shown where there is no account any more that tells it. */
  name: string
  role: MemberRole
  added_at: Date
}

export interface AlbumLinkTable {
  id: string
  album_id: string
  token_hash: Buffer
  created_at: Date
  expires_at: Date
  revoked_at: Date | null
}

/** Kept by triggers on `photo`. */
export interface StorageTable {
  owner: string
  /** A bigint, which comes as text. */
  used_bytes: ColumnType<string, number, number>
}

export interface Exposure {
  /** Seconds, as photographers write them: '1/250', '2.5'. */
  readonly time: string | null
  readonly aperture: number | null
  readonly iso: number | null
  /** Millimetres. */
  readonly focalLength: number | null
}

export interface Position {
  /** Degrees, north and east positive. */
  readonly latitude: number
  readonly longitude: number
  /** Metres above the sea. */
  readonly altitude: number | null
}

export interface Tables {
  photo: PhotoTable
  rendition: RenditionTable
  import: ImportTable
  import_gone: ImportGoneTable
  album: AlbumTable
  album_photo: AlbumPhotoTable
  album_member: AlbumMemberTable
  album_link: AlbumLinkTable
  storage: StorageTable
}

/** Kysely over Millrace's pool: what runs inside `db.transaction` joins that transaction by itself. */
export function tablesOf(db: Database): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: db.pool }) })
}
