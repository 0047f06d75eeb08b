/** Statements live in `.sql` files, one each, read when the module is loaded: a missing file fails the start, not a user. */
import { readFileSync } from 'node:fs'

/** A statement with the name under which a connection prepares it. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/**
 * Reads one statement. Its file begins with a header comment: name, purpose, parameters, locks, index, order.
 *
 * @example const probe = sql(import.meta.url, 'sql/probe.sql')
 */
export function sql(moduleUrl: string, path: string): Statement {
  const text = readFileSync(new URL(path, moduleUrl), 'utf8')
  return Object.freeze({ name: `millrace:${path.replace(/^.*\//, '').replace(/\.sql$/, '')}`, text })
}
