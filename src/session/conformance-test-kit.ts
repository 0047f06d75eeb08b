/** What every store of sessions keeps, whatever it is made of. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { newRandomId } from '../kernel/ids.ts'
import { IDLE_MS, LIFE_MS, type NewSession, RENEW_MS, SESSIONS_SHOWN_MAX, type Sessions, TOUCH_MS } from './session.ts'

export interface SessionsUnderTest extends AsyncDisposable {
  readonly sessions: Sessions
  /** Another process's view of the same store. */
  readonly others: Sessions
  /** Moves the time of the store on. */
  advance(ms: number): Promise<void>
}

const login = (more: Partial<NewSession> = {}): NewSession => ({
  account: newRandomId(),
  providerSession: null,
  agent: 'a browser',
  secret: null,
  replaces: undefined,
  ...more,
})

export function sessionsConformance(store: string, open: () => Promise<SessionsUnderTest>): void {
  const spec = (title: string, run: (t: SessionsUnderTest) => Promise<void>): void => {
    test(title, async () => {
      await using t = await open()
      await run(t)
    })
  }

  describe(`${store}: a session`, () => {
    spec('is found by its token, by every process', async ({ sessions, others }) => {
      const account = newRandomId()
      const { token, session } = await sessions.begin(login({ account }))
      for (const process of [sessions, others]) {
        const found = await process.find(token)
        assert.deepEqual([found?.id, found?.account, found?.agent], [session.id, account, 'a browser'])
      }
    })

    spec('C2: has a token of 256 random bits, and no two have the same', async ({ sessions }) => {
      const tokens = new Set<string>()
      for (let n = 0; n < 50; n += 1) tokens.add((await sessions.begin(login())).token)
      assert.equal(tokens.size, 50)
      for (const token of tokens) assert.equal(Buffer.from(token, 'base64url').length, 32)
    })

    spec('C3: replaces the one that the browser had before the login, whose token is dead', async ({ sessions }) => {
      const before = await sessions.begin(login())
      const after = await sessions.begin(login({ replaces: before.token }))
      assert.notEqual(after.token, before.token)
      assert.equal(await sessions.find(before.token), undefined)
      assert.equal((await sessions.find(after.token))?.id, after.session.id)
    })

    spec('C4: that has ended is found by no process from then on', async ({ sessions, others }) => {
      const { token } = await sessions.begin(login())
      assert.ok(await others.find(token))
      await sessions.end(token)
      assert.deepEqual([await sessions.find(token), await others.find(token)], [undefined, undefined])
      await sessions.end(token)
    })

    spec('C5: ends when it is not used for a day', async ({ sessions, advance }) => {
      const { token } = await sessions.begin(login())
      await advance(IDLE_MS - 1_000)
      assert.ok(await sessions.find(token))
      await advance(IDLE_MS + 1_000)
      assert.equal(await sessions.find(token), undefined)
    })

    spec('C5: ends after thirty days, however much it is used', async ({ sessions, advance }) => {
      const { token } = await sessions.begin(login())
      for (let ms = 0; ms < LIFE_MS - IDLE_MS; ms += IDLE_MS / 2) {
        await advance(IDLE_MS / 2)
        assert.ok(await sessions.find(token), `it lives after ${ms} ms`)
      }
      await advance(IDLE_MS / 2)
      await sessions.find(token)
      await advance(IDLE_MS / 2)
      assert.equal(await sessions.find(token), undefined)
    })

    spec('is seen again once a minute at most', async ({ sessions, advance }) => {
      const { token, session } = await sessions.begin(login())
      await advance(TOUCH_MS - 5_000)
      await sessions.find(token)
      assert.deepEqual((await sessions.find(token))?.seenAt, session.seenAt)
      await advance(10_000)
      await sessions.find(token)
      assert.ok(((await sessions.find(token))?.seenAt.getTime() ?? 0) > session.seenAt.getTime() + TOUCH_MS - 1_000)
    })

    spec('C8: is not found by a token that was changed, cut, or is none', async ({ sessions }) => {
      const { token } = await sessions.begin(login())
      const flipped = `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`
      const strange = ['', 'x', `${token} `, `${token}=`, `${token}A`, token.slice(1), '\0'.repeat(43), 'é'.repeat(43)]
      for (const text of [flipped, ...strange]) assert.equal(await sessions.find(text), undefined)
      assert.ok(await sessions.find(token))
    })

    spec('is its account’s alone, however many are asked for at once', async ({ sessions }) => {
      const begun = await Promise.all(Array.from({ length: 200 }, () => sessions.begin(login())))
      const found = await Promise.all(begun.flatMap(({ token }) => [sessions.find(token), sessions.find(token)]))
      const wanted = begun.flatMap(({ session }) => [session.account, session.account])
      assert.deepEqual(
        found.map((session) => session?.account),
        wanted,
      )
    })
  })

  describe(`${store}: the secret of a session`, () => {
    spec('C13: is given to one caller that is to renew it, in five minutes', async ({ sessions, others, advance }) => {
      const { token, session } = await sessions.begin(login({ secret: 'first' }))
      assert.equal(session.isRenewalDue, false)
      assert.equal(await sessions.takeRenewal(token), undefined)
      await advance(RENEW_MS + 1_000)
      assert.equal((await others.find(token))?.isRenewalDue, true)
      const taken = await Promise.all([sessions, others, sessions, others].map((s) => s.takeRenewal(token)))
      assert.deepEqual(
        taken.filter((secret) => secret !== undefined),
        ['first'],
      )
      assert.equal((await sessions.find(token))?.isRenewalDue, false)
      await sessions.keepSecret(token, 'second')
      await advance(RENEW_MS + 1_000)
      assert.equal(await others.takeRenewal(token), 'second')
    })

    spec('is not there for a session that was begun without, has ended, or is over', async (t) => {
      const without = await t.sessions.begin(login())
      const ended = await t.sessions.begin(login({ secret: 'a' }))
      const over = await t.sessions.begin(login({ secret: 'b' }))
      await t.sessions.end(ended.token)
      await t.advance(IDLE_MS + 1_000)
      for (const { token } of [without, ended, over]) assert.equal(await t.sessions.takeRenewal(token), undefined)
    })
  })

  describe(`${store}: the sessions of an account`, () => {
    spec('are listed, the one in use last first, without those that are over', async ({ sessions, advance }) => {
      const account = newRandomId()
      const first = await sessions.begin(login({ account, agent: 'a phone' }))
      await advance(TOUCH_MS * 2)
      const second = await sessions.begin(login({ account, agent: 'a laptop' }))
      await sessions.begin(login())
      const names = async (): Promise<readonly string[]> => (await sessions.list(account)).map(({ agent }) => agent)
      assert.deepEqual(await names(), ['a laptop', 'a phone'])
      await advance(TOUCH_MS * 2)
      await sessions.find(first.token)
      assert.deepEqual(await names(), ['a phone', 'a laptop'])
      await sessions.end(second.token)
      assert.deepEqual(await names(), ['a phone'])
    })

    spec(`are listed up to ${SESSIONS_SHOWN_MAX}`, async ({ sessions }) => {
      const account = newRandomId()
      for (let n = 0; n <= SESSIONS_SHOWN_MAX; n += 1) await sessions.begin(login({ account }))
      assert.equal((await sessions.list(account)).length, SESSIONS_SHOWN_MAX)
    })

    spec('end one by one, all but one, or all; nobody else’s does', async ({ sessions, others }) => {
      const account = newRandomId()
      const [a, b, c] = [
        await sessions.begin(login({ account })),
        await sessions.begin(login({ account })),
        await sessions.begin(login({ account })),
      ]
      const stranger = await sessions.begin(login())
      const alive = async (): Promise<readonly boolean[]> =>
        Promise.all([a, b, c, stranger].map(async ({ token }) => (await others.find(token)) !== undefined))
      assert.equal(await sessions.endOf(stranger.session.account, { only: a.session.id }), 0)
      assert.equal(await sessions.endOf(account, { only: a.session.id }), 1)
      assert.deepEqual(await alive(), [false, true, true, true])
      assert.equal(await sessions.endOf(account, { allBut: c.session.id }), 1)
      assert.deepEqual(await alive(), [false, false, true, true])
      assert.equal(await sessions.endOf(account, 'all'), 1)
      assert.deepEqual(await alive(), [false, false, false, true])
    })

    spec('end by the provider’s name for the login', async ({ sessions }) => {
      const { token } = await sessions.begin(login({ providerSession: 'https://id.example s1' }))
      const other = await sessions.begin(login({ providerSession: 'https://id.example s2' }))
      assert.equal(await sessions.endOfProvider('https://id.example s1'), 1)
      assert.deepEqual(
        [await sessions.find(token), (await sessions.find(other.token))?.id],
        [undefined, other.session.id],
      )
    })
  })
}
