/** What Millrace must know of a library in order to write within its transactions. */

/** What statements are given as values: every library sends these as they are. Arrays go as PostgreSQL writes them, in text. */
export type SentValue = string | number | boolean | null

/** Runs one statement on the transaction's connection and answers its rows. `$1` to `$n` stand for the values. */
export type Send = (text: string, values: readonly SentValue[]) => Promise<readonly unknown[]>

export interface ForeignLibrary {
  readonly name: string
  /**
   * How to send statements over `tx`; `'not-open'` when it is of this library but can be seen to be in no open
   * transaction; undefined when it is nothing of this library. Looks at the object's shape only: no library is imported.
   */
  sendOver(tx: object): Send | 'not-open' | undefined
}

/** A member of an object whose shape is being looked at. */
export function member(of: object, name: string | symbol): unknown {
  return Reflect.get(of, name)
}

export function hasMethods(of: object, ...names: readonly string[]): boolean {
  return names.every((name) => typeof member(of, name) === 'function')
}

/** The rows of an answer that is either a list of them or has them as `rows`. */
export function rowsOf(answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return answer
  const { rows } = answer as { readonly rows?: unknown }
  return Array.isArray(rows) ? rows : []
}
