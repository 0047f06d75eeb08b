import { defineErrors } from '../kernel/errors.ts'

export const testingErrors = defineErrors({
  MILLRACE_TESTING_NO_USERS: {
    says: (f: { app: string }) => `nobody can be signed in: the application ${f.app} has no users`,
    remedy: 'Declare them: defineApp({ identity: { roles: […] } }).',
    retryable: false,
  },
  MILLRACE_TESTING_SERVER_FAILED: {
    says: (f: { why: string }) => `the PostgreSQL of the tests could not be had: ${f.why}`,
    remedy:
      'Set MILLRACE_TEST_URL to a server of your own on which the tests may create databases, or mend what is named.',
    retryable: false,
  },
  MILLRACE_TESTING_FOLDER_FOREIGN: {
    says: (f: { folder: string }) => `${f.folder} is to hold the test server, but belongs to somebody else`,
    remedy: 'Remove it, or set TMPDIR to a folder of your own.',
    retryable: false,
  },
  MILLRACE_TESTING_NOT_IDLE: {
    says: (f: { timeoutMs: number; left: readonly string[] }) =>
      `the jobs were not worked off within ${f.timeoutMs} ms: ${f.left.join('; ')}`,
    remedy: 'A handler that waits for the clock goes on when the test calls advance(); else raise timeoutMs.',
    retryable: false,
  },
  MILLRACE_TESTING_KILLED: {
    says: (f: { point: string }) => `the test wants a process to be killed at ${f.point}, where it has none to kill`,
    remedy: 'Only what untilIdle() runs can be killed; elsewhere give fail() an error.',
    retryable: false,
  },
})
