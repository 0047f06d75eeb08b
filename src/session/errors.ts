import { defineErrors } from '../kernel/errors.ts'

export const sessionErrors = defineErrors({
  MILLRACE_SESSION_CLIENT_ABSENT: {
    says: () => 'CACHE_URL names a Redis, and its client is not installed',
    remedy: 'npm install @redis/client',
    retryable: false,
  },
  MILLRACE_SESSION_STORE_AWAY: {
    says: (f: { why: string }) => `the sessions cannot be looked up: ${f.why}`,
    remedy: 'Check that Redis runs and that CACHE_URL names it. Whoever is logged in stays so.',
    retryable: true,
  },
})
