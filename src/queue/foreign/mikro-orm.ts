import { kyselyLibrary } from './kysely.ts'
import { type ForeignLibrary, hasMethods, type Send } from './library.ts'

/** A MikroORM 7 entity manager inside `em.transactional(async (em) => …)`, or between `em.begin()` and `em.commit()`. */
export interface MikroOrmEntityManager {
  isInTransaction(): boolean
  getTransactionContext(): unknown
}

/** Version 7 runs its transactions on Kysely: its transaction context is a transaction of that. */
export const mikroOrmLibrary: ForeignLibrary = {
  name: 'MikroORM',
  sendOver(tx): Send | 'not-open' | undefined {
    if (!hasMethods(tx, 'isInTransaction', 'getTransactionContext')) return undefined
    const context = (tx as MikroOrmEntityManager).getTransactionContext()
    if (typeof context !== 'object' || context === null) return 'not-open'
    return kyselyLibrary.sendOver(context)
  },
}
