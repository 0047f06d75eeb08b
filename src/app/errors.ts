import { defineErrors } from '../kernel/errors.ts'

export const appErrors = defineErrors({
  MILLRACE_APP_NAME_INVALID: {
    says: (f: { name: string }) => `${JSON.stringify(f.name.slice(0, 80))} is no name for an application`,
    remedy: 'Use 1 to 40 of a–z, 0–9 and "-", beginning with a letter.',
    retryable: false,
  },
  MILLRACE_APP_NOT_FOUND: {
    says: (f: { path: string }) => `there is no application at ${f.path}`,
    remedy: 'Name the file that exports defineApp(…): millrace start path/to/app.ts',
    retryable: false,
  },
  MILLRACE_APP_NOT_LOADED: {
    says: (f: { path: string; why: string }) => `the application ${f.path} could not be loaded: ${f.why}`,
    remedy: 'Mend the error named; `millrace check` loads everything without starting it.',
    retryable: false,
  },
  MILLRACE_APP_INSPECTOR_OPEN: {
    says: (f: { url: string }) =>
      `a debugger can be attached at ${f.url}: in production, whoever reaches it is the application`,
    remedy: 'Take --inspect out of the command and out of NODE_OPTIONS, or set MILLRACE_ENV=development.',
    retryable: false,
  },
  MILLRACE_APP_HAS_NO_SIDE: {
    says: (f: { app: string; side: string }) => `the application ${f.app} has no ${f.side} side`,
    remedy: 'Name it in defineApp, or do not start it.',
    retryable: false,
  },
  MILLRACE_APP_DATABASE_MISSING: {
    says: () => 'no database is named',
    remedy: 'Set DATABASE_URL, or use `millrace start`, which brings an embedded PostgreSQL.',
    retryable: false,
  },
  MILLRACE_APP_DATABASE_NOT_READY: {
    says: (f: { waitedMs: number; why: string }) => `the database was not ready after ${f.waitedMs} ms: ${f.why}`,
    remedy: 'Check that PostgreSQL runs, that DATABASE_URL names it, and that `millrace migrate` was run.',
    retryable: true,
  },
})
