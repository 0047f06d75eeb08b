import { type ForeignLibrary, hasMethods, member, rowsOf, type Send } from './library.ts'
import { withQuestionMarks } from './statement-text.ts'

/** What Knex hands to `knex.transaction(async (trx) => …)`, or what `await knex.transaction()` answers. */
export interface KnexTransaction {
  raw(text: string, bindings: never): PromiseLike<unknown>
  isCompleted(): boolean
}

export const knexLibrary: ForeignLibrary = {
  name: 'Knex',
  sendOver(tx): Send | 'not-open' | undefined {
    if (typeof tx !== 'function' || !hasMethods(tx, 'raw', 'transaction')) return undefined
    if (member(tx, 'isTransaction') !== true) return 'not-open'
    const trx = tx as unknown as {
      raw(text: string, bindings: readonly unknown[]): PromiseLike<unknown>
    } & KnexTransaction
    if (trx.isCompleted()) return 'not-open'
    return async (text, values) => {
      const marked = withQuestionMarks(text, values)
      return rowsOf(await trx.raw(marked.text, marked.values))
    }
  },
}
