/** How much an account stores, and whether there is room for more. */
import type { Database } from 'millrace/data'
import { quotaBytes } from '../contract/limits.ts'
import { tablesOf } from './tables.ts'

/** Inside `db.transaction` all of this joins that transaction. */
export function storage(db: Database) {
  const tables = tablesOf(db)

  async function usedBytes(owner: string): Promise<number> {
    const row = await tables.selectFrom('storage').select('used_bytes').where('owner', '=', owner).executeTakeFirst()
    return Number(row?.used_bytes ?? 0)
  }

  return {
    usedBytes,

    /** Bytes that an account may still store, as it looks now: `lockFreeBytes` is sure of it. */
    async freeBytes(owner: string): Promise<number> {
      return freeOf(await usedBytes(owner))
    },

    /** The part of it that was deleted and not purged yet. */
    async deletedBytes(owner: string): Promise<number> {
      const deleted = tables.selectFrom('photo').where('owner', '=', owner).where('deleted_at', 'is not', null)
      const row = await deleted.select(({ fn }) => fn.sum<string | null>('bytes').as('bytes')).executeTakeFirst()
      return Number(row?.bytes ?? 0)
    },

    /** Bytes that an account may still store. Nobody else adds to what it stores until the transaction ends. */
    async lockFreeBytes(owner: string): Promise<number> {
      // a row that is not there cannot be locked, and the first two uploads of an account may come at once
      const row = await tables
        .insertInto('storage')
        .values({ owner, used_bytes: 0 })
        .onConflict((conflict) =>
          conflict.column('owner').doUpdateSet((eb) => ({ used_bytes: eb.ref('storage.used_bytes') })),
        )
        .returning('used_bytes')
        .executeTakeFirstOrThrow()
      return freeOf(Number(row.used_bytes))
    },
  }
}

const freeOf = (usedBytes: number): number => Math.max(0, quotaBytes() - usedBytes)
