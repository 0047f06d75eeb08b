import { type ForeignLibrary, hasMethods, member, rowsOf, type Send } from './library.ts'

/** What Drizzle hands to `db.transaction(async (tx) => …)`, with whichever driver for PostgreSQL. */
export interface DrizzleTransaction {
  execute(query: never): PromiseLike<unknown>
  rollback(): never
}

const KIND = Symbol.for('drizzle:entityKind')

export const drizzleLibrary: ForeignLibrary = {
  name: 'Drizzle',
  sendOver(tx): Send | 'not-open' | undefined {
    const kinds = kindsOf(tx)
    if (!kinds.includes('PgDatabase') || !hasMethods(tx, 'execute')) return undefined
    if (!kinds.includes('PgTransaction')) return 'not-open'
    const transaction = tx as { execute(query: unknown): PromiseLike<unknown> }
    return async (text, values) => rowsOf(await transaction.execute(rawQuery(text, values)))
  },
}

/** Drizzle's own way of telling its classes apart, in every copy of it: the kinds of an object's class and of all above it. */
function kindsOf(of: object): readonly unknown[] {
  const kinds: unknown[] = []
  let made: unknown = member(of, 'constructor')
  while (typeof made === 'function' && made !== Function.prototype) {
    if (Object.hasOwn(made, KIND)) kinds.push(member(made, KIND))
    made = Object.getPrototypeOf(made)
  }
  return kinds
}

/** What `execute` asks of its argument: something that gets an `SQL`, which turns into text and values. */
function rawQuery(text: string, values: readonly unknown[]): object {
  const query = { getSQL: () => query, toQuery: () => ({ sql: text, params: [...values] }) }
  return query
}
