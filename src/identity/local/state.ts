/** What the local provider keeps, in PostgreSQL: any web process goes on with a login that another began. */
import type { Adapter, AdapterPayload } from 'oidc-provider'
import { sql } from '../../data/sql.ts'
import type { Queryable } from '../../data/transaction.ts'

const upsertStatement = sql(import.meta.url, '../sql/local-upsert.sql')
const findStatement = sql(import.meta.url, '../sql/local-find.sql')
const consumeStatement = sql(import.meta.url, '../sql/local-consume.sql')
const destroyStatement = sql(import.meta.url, '../sql/local-destroy.sql')

interface StateRow {
  readonly payload: AdapterPayload
  readonly consumed: string | null
}

/** The adapter that oidc-provider asks for, one for each of its models. */
export function localState(db: Queryable): (model: string) => Adapter {
  return (model) => {
    const find = async (id: string | null, uid: string | null): Promise<AdapterPayload | undefined> => {
      const { rows } = await db.query<StateRow>(findStatement, [model, id, uid])
      const [row] = rows
      if (row === undefined) return undefined
      return row.consumed === null ? row.payload : { ...row.payload, consumed: Number(row.consumed) }
    }
    return {
      async upsert(id, payload, expiresInS) {
        const lifeMs = expiresInS === undefined ? null : expiresInS * 1_000
        const { grantId = null, uid = null } = payload
        await db.query(upsertStatement, [model, id, JSON.stringify(payload), grantId, uid, lifeMs])
      },
      find: (id) => find(id, null),
      findByUid: (uid) => find(null, uid),
      findByUserCode: async () => undefined, // of the device flow, which is not offered
      async consume(id) {
        await db.query(consumeStatement, [model, id])
      },
      async destroy(id) {
        await db.query(destroyStatement, [model, id, null])
      },
      async revokeByGrantId(grantId) {
        await db.query(destroyStatement, [model, null, grantId])
      },
    }
  }
}
