/** Identity as a web process has it, over a provider that misbehaves and a store of sessions that can be made to fail. */
import type { JWTPayload } from 'jose'
import { systemClock } from '../kernel/clock.ts'
import { newSecret } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { postgresSessions } from '../session/postgres-sessions.ts'
import type { Sessions } from '../session/session.ts'
import { testDatabase } from '../testing/test-database.ts'
import { Accounts } from './accounts.ts'
import { type FinishedLogin, Identity } from './identity.ts'
import { partyOf, REDIRECT } from './relying-party-test-kit.ts'
import { CLIENT, type Lies, type RogueProvider, rogueProvider, SUBJECT } from './rogue-provider-test-kit.ts'

export interface OpenedIdentity extends AsyncDisposable {
  readonly rogue: RogueProvider
  readonly identity: Identity
  readonly sessions: Sessions
  /** Calls to the store of sessions that throw. */
  readonly failing: Set<keyof Sessions>
  /** Moves all clocks on, but the provider's. */
  advance(ms: number): Promise<void>
  login(): Promise<FinishedLogin>
  logoutToken(change?: (claims: JWTPayload) => JWTPayload): Promise<string>
}

export async function openedIdentity(lies: Lies = {}): Promise<OpenedIdentity> {
  const t = await testDatabase()
  const { db } = t
  const rogue = await rogueProvider(lies)
  let offsetMs = 0
  const clock = { ...systemClock, now: () => systemClock.now() + offsetMs }
  const failing = new Set<keyof Sessions>()
  const sessions = postgresSessions({ db, clock, log: silentLog() })
  const identity = new Identity({
    db,
    provider: partyOf(rogue, { clock }),
    accounts: new Accounts({ db, clock }),
    sessions: flaky(sessions, failing),
    log: silentLog(),
    clock,
  })

  return {
    rogue,
    identity,
    sessions,
    failing,
    async advance(ms) {
      offsetMs += ms
      await t.advance(ms)
    },
    async login() {
      const { url, browser } = await identity.beginLogin('/', undefined)
      const code = newSecret()
      rogue.nonces.set(code, url.searchParams.get('nonce') ?? '')
      const back = new URL(REDIRECT)
      const state = url.searchParams.get('state') ?? ''
      for (const [name, value] of Object.entries({ code, state, iss: rogue.issuer })) back.searchParams.set(name, value)
      return identity.finishLogin(back, { browser, agent: 'a browser', replaces: undefined })
    },
    logoutToken(change = (claims) => claims) {
      return rogue.sign(change(logoutClaims(rogue)))
    },
    async [Symbol.asyncDispose]() {
      await identity.settled()
      await rogue[Symbol.asyncDispose]()
      await t[Symbol.asyncDispose]()
    },
  }
}

/** What a logout token says. */
export function logoutClaims(rogue: RogueProvider): JWTPayload {
  const nowS = Math.floor(systemClock.now() / 1_000)
  return {
    iss: rogue.issuer,
    aud: CLIENT,
    iat: nowS,
    exp: nowS + 120,
    jti: newSecret(),
    sid: 'login-1',
    sub: SUBJECT,
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  }
}

/** `sessions`, whose methods in `failing` throw instead of doing anything. */
function flaky(sessions: Sessions, failing: ReadonlySet<keyof Sessions>): Sessions {
  return new Proxy(sessions, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target)
      if (typeof member !== 'function') return member
      return async (...args: readonly unknown[]) => {
        if (failing.has(key as keyof Sessions)) throw new Error(`flaky: ${String(key)}`)
        return Reflect.apply(member, target, args) as unknown
      }
    },
  })
}
