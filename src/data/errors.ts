import { defineErrors } from '../kernel/errors.ts'

export const dataErrors = defineErrors({
  MILLRACE_DATA_UNREACHABLE: {
    says: (f: { why: string }) => `the database does not answer: ${f.why}`,
    remedy: 'Check that PostgreSQL runs and that DATABASE_URL names it; Millrace tries again by itself.',
    retryable: true,
  },
  MILLRACE_DATA_POOL_EXHAUSTED: {
    says: (f: { max: number; waitedMs: number }) =>
      `no database connection became free within ${f.waitedMs} ms (all ${f.max} are in use)`,
    remedy: 'Shorten transactions, or raise DATABASE_POOL_MAX as far as the server allows.',
    retryable: true,
  },
  MILLRACE_DATA_DEADLINE: {
    says: (f: { statement: string; deadlineMs: number }) =>
      `the database did not answer ${f.statement} within ${f.deadlineMs} ms; its connection was destroyed`,
    remedy: 'Find what holds the statement up (a lock, a slow plan, a dead link), or give the call a longer deadline.',
    retryable: true,
  },
  MILLRACE_DATA_COMMIT_UNKNOWN: {
    says: () => 'the connection was lost during COMMIT: whether the transaction took effect is unknown',
    remedy: 'Look the result up (by an idempotency key, say) before doing it again.',
    retryable: false,
  },
  MILLRACE_DATA_TRANSACTION_ABORTED: {
    says: () => 'the transaction was rolled back at its COMMIT, because a statement in it had failed',
    remedy: 'Do not swallow the error of a failed statement; wrap what may fail in a nested db.transaction.',
    retryable: false,
  },
  MILLRACE_DATA_TRANSACTION_OVER: {
    says: () => 'a statement was sent to a transaction that has ended',
    remedy: 'Await everything inside the transaction; use db.outsideTransaction for work that outlives it.',
    retryable: false,
  },
  MILLRACE_DATA_WRONG_ENVIRONMENT: {
    says: (f: { stamped: string; here: string }) =>
      `the database belongs to the environment ${f.stamped}, but this process runs as ${f.here}`,
    remedy: 'Correct DATABASE_URL or MILLRACE_ENV: this stops a test or staging process from touching production.',
    retryable: false,
  },
  MILLRACE_DATA_SCHEMA_BEHIND: {
    says: (f: { pending: readonly string[] }) =>
      `the database lacks ${f.pending.length} migrations: ${f.pending.join(', ')}`,
    remedy: 'Run `millrace migrate` with this release.',
    retryable: true,
  },
  MILLRACE_DATA_MIGRATION_CHANGED: {
    says: (f: { migration: string }) => `migration ${f.migration} was changed after it had been applied`,
    remedy: 'Restore the file as it was and put the change into a new migration.',
    retryable: false,
  },
  MILLRACE_DATA_MIGRATION_FAILED: {
    says: (f: { migration: string; why: string }) => `migration ${f.migration} failed and was rolled back: ${f.why}`,
    remedy: 'Mend the migration or the data that it met, then run `millrace migrate` again.',
    retryable: false,
  },
  MILLRACE_DATA_MIGRATION_NAME: {
    says: (f: { file: string }) => `${f.file} is no migration's name, or its number stands twice`,
    remedy: 'Call migrations 0001-what-it-does.sql, 0002-….sql, each number once.',
    retryable: false,
  },
})
