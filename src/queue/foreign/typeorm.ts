import { type ForeignLibrary, hasMethods, member, type Send } from './library.ts'

/** A TypeORM query runner after `startTransaction`. */
export interface TypeOrmQueryRunner {
  readonly isTransactionActive: boolean
  readonly isReleased: boolean
  query(query: string, parameters: unknown[], useStructuredResult: true): Promise<{ readonly records: unknown[] }>
}

/** What TypeORM hands to `dataSource.transaction(async (manager) => …)`, or the manager of a query runner. */
export interface TypeOrmEntityManager {
  readonly '@instanceof': symbol
  readonly queryRunner?: TypeOrmQueryRunner
  release(): Promise<void>
}

export const typeOrmLibrary: ForeignLibrary = {
  name: 'TypeORM',
  sendOver(tx): Send | 'not-open' | undefined {
    const runner = runnerOf(tx)
    if (runner === undefined || runner === 'none') return runner && 'not-open'
    if (runner.isReleased || !runner.isTransactionActive) return 'not-open'
    return async (text, values) => (await runner.query(text, [...values], true)).records
  },
}

function runnerOf(tx: object): TypeOrmQueryRunner | 'none' | undefined {
  const kind = member(tx, '@instanceof')
  if (kind === Symbol.for('DataSource')) return 'none'
  if (kind === Symbol.for('EntityManager')) return (tx as TypeOrmEntityManager).queryRunner ?? 'none'
  const isRunner = hasMethods(tx, 'query', 'startTransaction') && typeof member(tx, 'isTransactionActive') === 'boolean'
  return isRunner ? (tx as TypeOrmQueryRunner) : undefined
}
