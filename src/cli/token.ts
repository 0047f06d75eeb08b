import { parseArgs } from 'node:util'
import { localUsersOf } from '../app/identity.ts'
import { EXIT } from '../app/run-process.ts'
import { isServed } from '../data/environment.ts'
import { identityErrors } from '../identity/errors.ts'
import { LOCAL_TOKEN_MS, localToken } from '../identity/local/secrets.ts'
import { userOf } from '../identity/local/users.ts'
import { systemClock } from '../kernel/clock.ts'
import { getApp } from './arguments-of-operators.ts'
import { cliErrors } from './errors.ts'
import { asOperator } from './operator.ts'

/** Every token has them. */
const SCOPES = ['openid', 'profile', 'email']

/** Prints a token and nothing else, so that a script can take it: curl -H "authorization: Bearer $(npx millrace token ada)". */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      app: { type: 'string' },
      scope: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  const app = await getApp(
    { text: (option) => (option === 'app' ? values.app : undefined) },
    'its users are ready there',
  )
  const users = localUsersOf(app)
  const user = userOf(users, positionals[0] ?? users[0]?.id ?? '')
  return asOperator(async ({ db, settings }) => {
    if (app.identity === undefined) throw cliErrors.MILLRACE_CLI_NO_USERS({ app: app.name })
    const isLocal = settings.OIDC_ISSUER === undefined && !isServed(settings.MILLRACE_ENV)
    if (!isLocal) throw identityErrors.MILLRACE_IDENTITY_LOCAL_ONLY({})
    const token = await localToken(db, user, { clock: systemClock, scopes: [...SCOPES, ...values.scope] })
    const expiresAt = new Date(systemClock.now() + LOCAL_TOKEN_MS).toISOString()
    process.stdout.write(
      values.json === true ? `${JSON.stringify({ token, user: user.id, expiresAt })}\n` : `${token}\n`,
    )
    return EXIT.done
  })
}
