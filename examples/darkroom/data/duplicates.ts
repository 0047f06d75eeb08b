/**
 * Photos that look alike. A photo is a duplicate of the oldest older photo whose perceptual hash differs from its own in
 * at most LOOKS_BITS_MAX bits, among those of the same owner: nobody learns what others have. It is a rule without chance in it, so that the order in which photos are rendered changes nothing.
 * To hold it while several workers finish at once, whoever changes links first takes a lock; it sees then all that the
 * holder before it has committed.
 */
import { type Kysely, sql } from 'kysely'
import type { Database } from 'millrace/data'
import { type Tables, tablesOf } from './tables.ts'

/** The index (data/migrations/0001-photos.sql) finds photos up to 7 bits away, and no further. */
export const LOOKS_BITS_MAX = 7

/** Links a photo that was just rendered, and the younger ones that turn out to be duplicates of it. */
export async function linkNewcomer(tables: Kysely<Tables>, id: string): Promise<void> {
  await lockLinks(tables)
  await linkToOldest(tables, [id])
  await sql`
    update photo as younger
       set duplicate_of = newcomer.id
      from photo as newcomer
     where newcomer.id = ${id} and newcomer.deleted_at is null
       and younger.deleted_at is null and younger.owner is not distinct from newcomer.owner
       and younger.looks_bands && looks_nearby(newcomer.looks)
       and bit_count(younger.looks # newcomer.looks) <= ${LOOKS_BITS_MAX}
       and (younger.uploaded_at, younger.id) > (newcomer.uploaded_at, newcomer.id)
       and not exists (
         select from photo as known
          where known.id = younger.duplicate_of and known.deleted_at is null
            and (known.uploaded_at, known.id) < (newcomer.uploaded_at, newcomer.id))
  `.execute(tables)
}

/** How many photos one transaction of `relinkAfter` looks at: some tens of milliseconds under the lock. */
const RELINK_COUNT = 100

export interface Relinked {
  readonly compared: number
  readonly changed: number
  /** Where to go on; undefined at the end. */
  readonly last: string | undefined
}

/** Links the next photos after an id anew: deletions and restorations have moved what is oldest. */
export function relinkAfter(db: Database, after: string | undefined): Promise<Relinked> {
  const tables = tablesOf(db)
  return db.transaction(async () => {
    await lockLinks(tables)
    const page = tables
      .selectFrom('photo')
      .select('id')
      .where('deleted_at', 'is', null)
      .orderBy('id')
      .limit(RELINK_COUNT)
    const rows = await (after === undefined ? page : page.where('id', '>', after)).execute()
    const ids = rows.map((row) => row.id)
    const changed = await linkToOldest(tables, ids)
    return { compared: ids.length, changed, last: ids.length < RELINK_COUNT ? undefined : ids.at(-1) }
  })
}

async function linkToOldest(tables: Kysely<Tables>, ids: readonly string[]): Promise<number> {
  const { numAffectedRows } = await sql`
    update photo
       set duplicate_of = found.oldest
      from (select photo.id,
                   (select older.id from photo as older
                     where older.deleted_at is null and older.owner is not distinct from photo.owner
                       and older.looks_bands && looks_nearby(photo.looks)
                       and bit_count(older.looks # photo.looks) <= ${LOOKS_BITS_MAX}
                       and (older.uploaded_at, older.id) < (photo.uploaded_at, photo.id)
                     order by older.uploaded_at, older.id limit 1) as oldest
              from photo where photo.id = any (${ids})) as found
     where photo.id = found.id and photo.duplicate_of is distinct from found.oldest
  `.execute(tables)
  return Number(numAffectedRows ?? 0)
}

async function lockLinks(tables: Kysely<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('darkroom duplicates'))`.execute(tables)
}
