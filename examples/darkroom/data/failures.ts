/** Photos that were not made: how many there are, and how they are begun again. */
import { sql } from 'kysely'
import type { Database } from 'millrace/data'
import { FINAL_PROBLEMS } from '../contract/photos.ts'
import type { Making } from './ends.ts'
import { tablesOf } from './tables.ts'

export interface FailureCount {
  /** Photos whose rendering failed or was cancelled. */
  readonly count: number
  /** Those of them that failed for a reason that may not be there the next time. */
  readonly retryable: number
}

/** Inside `db.transaction` all of this joins that transaction. */
export function failures(db: Database) {
  const tables = tablesOf(db)
  const mayWork = sql<boolean>`status = 'failed' and problem_code <> all (${[...FINAL_PROBLEMS]}::text[])`

  return {
    async count(owner: string): Promise<FailureCount> {
      const counted = await tables
        .selectFrom('photo')
        .select(({ fn }) => [
          fn.countAll<string>().as('count'),
          fn.countAll<string>().filterWhere(mayWork).as('retryable'),
        ])
        .where('owner', '=', owner)
        .where(sql<boolean>`status in ('failed', 'cancelled')`)
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow()
      return { count: Number(counted.count), retryable: Number(counted.retryable) }
    },

    /** Up to `limit` photos of an account that failed and may work the next time. Nobody else begins them meanwhile. */
    lockRetryable(owner: string, limit: number): Promise<readonly Making[]> {
      return tables
        .selectFrom('photo')
        .select(['id', 'operation'])
        .where('owner', '=', owner)
        .where(sql<boolean>`status in ('failed', 'cancelled')`)
        .where('deleted_at', 'is', null)
        .where(mayWork)
        .orderBy('shown_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute()
    },

    /** They are being made again, by these jobs. */
    async begin(photos: readonly Making[]): Promise<void> {
      await sql`
        update photo set status = 'processing', problem_code = null, problem_detail = null, operation = begun.operation
          from unnest(${photos.map(({ id }) => id)}::uuid[], ${photos.map(({ operation }) => operation)}::uuid[])
               as begun (id, operation)
         where photo.id = begun.id
      `.execute(tables)
    },
  }
}
