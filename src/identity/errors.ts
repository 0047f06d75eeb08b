import { defineErrors } from '../kernel/errors.ts'

export const identityErrors = defineErrors({
  MILLRACE_IDENTITY_PROVIDER_AWAY: {
    says: (f: { issuer: string; why: string }) => `the identity provider ${f.issuer} does not answer: ${f.why}`,
    remedy: 'Try again in a moment. Whoever is logged in stays so. Should it last, check OIDC_ISSUER and the provider.',
    retryable: true,
  },
  MILLRACE_IDENTITY_PROVIDER_WRONG: {
    says: (f: { issuer: string; why: string }) => `what ${f.issuer} answers cannot be used: ${f.why}`,
    remedy: 'Check OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET against what is registered at the provider.',
    retryable: false,
  },
  MILLRACE_IDENTITY_LOGIN_REFUSED: {
    says: (f: { why: string }) => `the login was not accepted: ${f.why}`,
    remedy: 'Begin the login again, on the page that you wanted.',
    retryable: false,
  },
  MILLRACE_IDENTITY_LOGIN_DENIED: {
    says: (f: { why: string }) => `the identity provider did not let you in: ${f.why}`,
    remedy: 'Log in with an account that may use this application.',
    retryable: false,
  },
  MILLRACE_IDENTITY_TOKEN_INVALID: {
    says: (f: { why: string }) => `the token is not accepted: ${f.why}`,
    remedy: 'Get a fresh access token for this application, and send it as `Authorization: Bearer …`.',
    retryable: false,
  },
  MILLRACE_IDENTITY_LOGOUT_TOKEN_INVALID: {
    says: (f: { why: string }) => `the logout token is not accepted: ${f.why}`,
    remedy: 'Send a logout token as OpenID Connect Back-Channel Logout 1.0 describes it.',
    retryable: false,
  },
  MILLRACE_IDENTITY_ACCOUNT_DISABLED: {
    says: (f: { account: string }) => `account ${f.account} is disabled`,
    remedy: 'Ask whoever runs the application to open it again.',
    retryable: false,
  },
  MILLRACE_IDENTITY_LOCAL_USER_UNKNOWN: {
    says: (f: { user: string; ready: readonly string[] }) =>
      `the local provider has no user ${f.user}; ready are ${f.ready.join(', ')}`,
    remedy: 'Name one of them, or add one: defineApp({ identity: { localUsers: […] } }).',
    retryable: false,
  },
  MILLRACE_IDENTITY_ACCOUNT_UNKNOWN: {
    says: (f: { account: string }) => `there is no account ${f.account}`,
    remedy: '`millrace accounts` lists them. Somebody has one from their first login on.',
    retryable: false,
  },
  MILLRACE_IDENTITY_NOT_CONFIGURED: {
    says: (f: { missing: string }) => `production needs an identity provider: ${f.missing} is not set`,
    remedy: 'Set OIDC_ISSUER, OIDC_CLIENT_ID and ORIGIN; the local provider of development lets anybody in.',
    retryable: false,
  },
  MILLRACE_IDENTITY_ORIGIN_INSECURE: {
    says: (f: { origin: string }) => `production is reached by HTTPS, not under ${f.origin}`,
    remedy: 'Set ORIGIN to the https:// address under which clients reach the application.',
    retryable: false,
  },
  MILLRACE_IDENTITY_LOCAL_REACHABLE: {
    says: (f: { name: string; value: string }) =>
      `the local identity provider lets anybody in, and by ${f.name}=${f.value} this is not for the developer of this machine alone`,
    remedy:
      'Set OIDC_ISSUER to a provider of your own. Where it is meant for development, say so: MILLRACE_ENV=development.',
    retryable: false,
  },
  MILLRACE_IDENTITY_LOCAL_ABSENT: {
    says: () => 'the local identity provider is not installed',
    remedy: 'Install the optional dependencies too (`npm install`), or set OIDC_ISSUER to a provider of your own.',
    retryable: false,
  },
  MILLRACE_IDENTITY_LOCAL_ONLY: {
    says: () => 'tokens are printed for the local provider only',
    remedy: 'Get an access token from your own provider, as it describes.',
    retryable: false,
  },
  MILLRACE_IDENTITY_ROLE_UNDECLARED: {
    says: (f: { where: string; kind: 'role' | 'claim'; name: string; declared: readonly string[] }) =>
      `${f.where} asks for the ${f.kind} ${JSON.stringify(f.name)}, declared are ${f.declared.join(', ') || 'none'}`,
    remedy: 'Correct the name, or declare it: defineApp({ identity: { roles: […], claims: […] } }).',
    retryable: false,
  },
})
