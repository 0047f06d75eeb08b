/** Transactions of the user's own library, as something that our statements can be sent over. */
import { OpenTransaction, type Queryable } from '../data/transaction.ts'

/** A transaction of the user's own `pg` client, or one of ours. */
export interface ForeignTransaction {
  query(config: { readonly text: string; readonly values: unknown[] }): Promise<{ readonly rows: unknown[] }>
}

export function asQueryable(tx: ForeignTransaction | Queryable): Queryable {
  if (tx instanceof OpenTransaction) return tx
  const foreign = tx as ForeignTransaction
  const query = async (
    statement: string | { readonly text: string },
    values: readonly unknown[] = [],
  ): Promise<unknown> =>
    foreign.query({ text: typeof statement === 'string' ? statement : statement.text, values: [...values] })
  return { query } as Queryable
}
