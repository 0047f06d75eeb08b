import { type ForeignLibrary, hasMethods, member, rowsOf, type Send } from './library.ts'

/** What Kysely hands to `db.transaction().execute(async (trx) => …)`, or what `db.startTransaction().execute()` answers. */
export interface KyselyTransaction {
  readonly isTransaction: true
  executeQuery(query: never): Promise<unknown>
}

export const kyselyLibrary: ForeignLibrary = {
  name: 'Kysely',
  sendOver(tx): Send | 'not-open' | undefined {
    if (!hasMethods(tx, 'executeQuery', 'withoutPlugins') || typeof member(tx, 'isTransaction') !== 'boolean')
      return undefined
    if (member(tx, 'isTransaction') !== true) return 'not-open'
    if (member(tx, 'isCommitted') === true || member(tx, 'isRolledBack') === true) return 'not-open'
    // plugins are for the user's rows: one that renames columns would rename ours
    const plain = (tx as { withoutPlugins(): Executor }).withoutPlugins()
    return async (text, values) => rowsOf(await plain.executeQuery(compiled(text, values)))
  },
}

interface Executor {
  executeQuery(query: unknown): Promise<unknown>
}

/** As `CompiledQuery.raw` makes it. */
function compiled(text: string, parameters: readonly unknown[]): object {
  const query = { kind: 'RawNode', sqlFragments: [text], parameters: [] }
  return { sql: text, parameters: [...parameters], query, queryId: { queryId: 'millrace' } }
}
