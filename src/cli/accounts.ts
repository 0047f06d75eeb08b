import { EXIT } from '../app/run-process.ts'
import { openSessionStore } from '../app/session-store.ts'
import { ACCOUNTS_LISTED_MAX, type Account, Accounts } from '../identity/accounts.ts'
import { identityErrors } from '../identity/errors.ts'
import { systemClock } from '../kernel/clock.ts'
import { type Log, openLog, silentLog } from '../kernel/log.ts'
import type { Sessions } from '../session/session.ts'
import { AFTER_OPTION, APP_OPTION, findApp, idsOf, invalid, LIMIT_OPTION, limitOf } from './arguments-of-operators.ts'
import { momentInWords, numberInWords } from './in-words.ts'
import { asOperator } from './operator.ts'
import { type Given, runSubcommand, type Subcommand } from './subcommands.ts'
import { table } from './table.ts'
import { say, terminalWidth } from './terminal.ts'

const WHO = '<account>'
const STORE_START_MS_MAX = 10_000
const WHO_DETAILS = ['An account is named by its id, its subject at the provider, or its e-mail address.']

const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'list',
    about:
      'Lists the accounts by name: their roles, from the provider and granted here, and whether they are disabled.',
    options: {
      matching: { value: 'text', about: 'those with this in their name or e-mail address' },
      limit: LIMIT_OPTION,
      after: AFTER_OPTION,
    },
    run: list,
  },
  {
    name: 'sessions',
    words: WHO,
    about: 'Shows where somebody is logged in.',
    details: WHO_DETAILS,
    options: {},
    run: sessions,
  },
  {
    name: 'grant',
    words: `${WHO} <role> …`,
    about: 'Gives roles to an account, beside those that its provider says. They hold from the next request on.',
    details: WHO_DETAILS,
    options: { app: APP_OPTION },
    run: (given) => changeRoles(given, 'add'),
  },
  {
    name: 'revoke',
    words: `${WHO} <role> …`,
    about: 'Takes roles away that were granted here. What the provider says stays.',
    details: WHO_DETAILS,
    options: { app: APP_OPTION },
    run: (given) => changeRoles(given, 'remove'),
  },
  {
    name: 'sign-out',
    words: WHO,
    about: 'Ends all sessions of an account, everywhere at once. Access tokens that it has by now are refused.',
    details: WHO_DETAILS,
    options: {},
    run: signOut,
  },
  {
    name: 'disable',
    words: WHO,
    about: 'Shuts an account and ends its sessions: nobody gets in with it, and its jobs no longer run.',
    details: WHO_DETAILS,
    options: {},
    run: (given) => setDisabled(given, true),
  },
  {
    name: 'enable',
    words: WHO,
    about: 'Opens a disabled account again.',
    details: WHO_DETAILS,
    options: {},
    run: (given) => setDisabled(given, false),
  },
]

export function run(args: readonly string[]): Promise<number> {
  return runSubcommand('accounts', SUBCOMMANDS, args)
}

function list(given: Given): Promise<number> {
  const limit = limitOf(given, ACCOUNTS_LISTED_MAX)
  const matching = given.text('matching')
  const after = placeOf(given)
  return onAccounts(async ({ accounts }) => {
    const found = await accounts.list({
      limit: limit + 1,
      ...(matching === undefined ? {} : { matching }),
      ...(after === undefined ? {} : { after }),
    })
    const shown = found.slice(0, limit)
    const last = found.length > limit ? shown.at(-1) : undefined
    const next = last === undefined ? null : placeInWords(last)
    return say(given.isJson, { accounts: shown, next }, () => {
      if (shown.length === 0) return 'There are none: somebody has an account from their first login on.\n'
      const more = next === null ? '' : `\nMore: --after ${next}\n`
      return `${table(shown, COLUMNS, terminalWidth())}${more}`
    })
  })
}

const COLUMNS = [
  { head: 'ACCOUNT', cell: (account: Account) => account.id },
  { head: 'NAME', cell: (account: Account) => account.name, canShrink: true },
  { head: 'E-MAIL', cell: (account: Account) => account.email ?? '', canShrink: true },
  { head: 'ROLES', cell: (account: Account) => rolesInWords(account), canShrink: true },
  {
    head: 'STATE',
    cell: ({ disabledAt }: Account) => (disabledAt === null ? '' : `disabled ${momentInWords(disabledAt)}`),
  },
]

function rolesInWords({ roles, granted }: Account): string {
  const here = granted.filter((name) => !roles.includes(name)).map((name) => `${name} (granted)`)
  return [...roles, ...here].join(', ')
}

function sessions(given: Given): Promise<number> {
  return onAccounts(async ({ accounts, sessions }) => {
    const account = await accountOf(accounts, given)
    const found = await (await sessions()).list(account.id)
    return say(given.isJson, { account: account.id, sessions: found }, () =>
      found.length === 0
        ? `${account.name} is logged in nowhere.\n`
        : table(
            found,
            [
              { head: 'SESSION', cell: ({ id }) => id },
              { head: 'BEGUN', cell: ({ begunAt }) => momentInWords(begunAt) },
              { head: 'SEEN', cell: ({ seenAt }) => momentInWords(seenAt) },
              { head: 'BROWSER', cell: ({ agent }) => agent, canShrink: true },
            ],
            terminalWidth(),
          ),
    )
  })
}

async function changeRoles(given: Given, how: 'add' | 'remove'): Promise<number> {
  const [, ...roles] = given.atLeastOne('the account')
  if (roles.length === 0) given.missing('the name of a role')
  const known = (await findApp(given))?.identity?.roles
  for (const name of roles)
    if (known !== undefined && !known.includes(name))
      throw invalid('the role', name, known.join(', ') || 'declared: this application has no roles')
  return onAccounts(async ({ accounts, log }) => {
    const account = await accountOf(accounts, given)
    const granted = (await accounts.grant(account.id, { [how]: roles })) ?? []
    log.info({ account: account.id, [how]: roles, granted }, 'the granted roles of an account were changed')
    const all = [...new Set([...account.roles, ...granted])]
    const kept = how === 'remove' ? roles.filter((name) => all.includes(name)) : []
    const whose = kept.length === 0 ? '' : `${kept.join(', ')}: the identity provider says so, take it away there\n`
    const code = await say(given.isJson, { account: account.id, granted, roles: all }, () =>
      all.length === 0 ? `${account.name} has no role now\n` : `${account.name} has now: ${all.join(', ')}\n${whose}`,
    )
    return kept.length === 0 ? code : EXIT.failed
  })
}

function signOut(given: Given): Promise<number> {
  return onAccounts(async ({ accounts, sessions, log }) => {
    const account = await accountOf(accounts, given)
    // over from here on, though the store of sessions may be away
    await accounts.signOut(account.id)
    log.info({ account: account.id }, 'an account was signed out')
    const ended = await (await sessions()).endOf(account.id, 'all')
    return say(given.isJson, { account: account.id, ended }, () => `${inSessions(ended)} of ${account.name} ended\n`)
  })
}

function setDisabled(given: Given, isDisabled: boolean): Promise<number> {
  return onAccounts(async ({ accounts, sessions, log }) => {
    const account = await accountOf(accounts, given)
    await accounts.setDisabled(account.id, isDisabled)
    log.info({ account: account.id }, `an account was ${isDisabled ? 'disabled' : 'enabled'}`)
    const ended = isDisabled ? await (await sessions()).endOf(account.id, 'all') : 0
    return say(given.isJson, { account: account.id, isDisabled, ended }, () =>
      isDisabled ? `${account.name} is disabled; ${inSessions(ended)} ended\n` : `${account.name} may log in again\n`,
    )
  })
}

function inSessions(count: number): string {
  return count === 1 ? '1 session' : `${numberInWords(count)} sessions`
}

interface Desk {
  readonly accounts: Accounts
  /** Where the application keeps them: CACHE_URL says it here as it does there. @throws MILLRACE_SESSION_STORE_AWAY */
  sessions(): Promise<Sessions>
  /** What was changed goes there as well: standard output is for the answer, and whoever keeps logs keeps this one. */
  readonly log: Log
}

function onAccounts(work: (desk: Desk) => Promise<number>): Promise<number> {
  return asOperator(async ({ db, settings }) => {
    const { LOG_LEVEL: level, LOG_FORMAT: format = 'text' } = settings
    const log = openLog({ name: 'operator', level, format, fd: 2 })
    await using opened = new AsyncDisposableStack()
    const sessions = async (): Promise<Sessions> => {
      const store = await openSessionStore({ db, settings, clock: systemClock, log: silentLog() })
      opened.defer(() => store.stop({ drainMs: 0 }))
      await store.start(AbortSignal.timeout(STORE_START_MS_MAX))
      await store.reached()
      return store.sessions
    }
    return await work({ accounts: new Accounts({ db, clock: systemClock }), sessions, log })
  })
}

/** @throws MILLRACE_IDENTITY_ACCOUNT_UNKNOWN, MILLRACE_CLI_ARGUMENT_INVALID when several have the address */
async function accountOf(accounts: Accounts, given: Given): Promise<Account> {
  const [word = ''] = given.atLeastOne('the account')
  const found = await accounts.list({ matching: word, limit: ACCOUNTS_LISTED_MAX })
  const meant = found.filter(({ id, subject, email }) => [id, subject, email].includes(word))
  const [only, other] = meant
  if (only === undefined) throw identityErrors.MILLRACE_IDENTITY_ACCOUNT_UNKNOWN({ account: word })
  if (other !== undefined) throw invalid('the account', word, 'an id: several accounts go by this')
  return only
}

/** Names are people's: the place of a page ends with the id, whatever stands before it. */
function placeOf(given: Given): Pick<Account, 'id' | 'name'> | undefined {
  const text = given.text('after')
  if (text === undefined) return undefined
  const [id = '', name = ''] = [text.slice(0, 36), text.slice(37)]
  return { id: idsOf([id])[0] ?? id, name: decodeURIComponent(name) }
}

function placeInWords({ id, name }: Account): string {
  return `${id},${encodeURIComponent(name)}`
}
