/** Under which name the blobs of a database's jobs lie. */
import { strict as assert } from 'node:assert'
import { sql } from '../../data/sql.ts'
import type { Queryable } from '../../data/transaction.ts'

const findPlace = sql(import.meta.url, '../sql/find-payload-place.sql')

/** A UUID that this database has and no other: several may keep their blobs in one store. */
export async function payloadPlace(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ name: string }>(findPlace)
  const [place] = rows
  assert.ok(place, 'the migration that makes the table fills it')
  return place.name
}
