/** A provider that is away, or no longer knows somebody. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { METADATA_AGAIN_MS, METADATA_MS_MAX } from './discovery.ts'
import type { Grant, Provider } from './provider.ts'
import { accessClaims, isRefused, login, newLogin, partyOf, refuses } from './relying-party-test-kit.ts'
import { type RogueProvider, rogueProvider, SUBJECT, signingKey } from './rogue-provider-test-kit.ts'

describe('O15: a provider that', () => {
  const away = { code: 'MILLRACE_IDENTITY_PROVIDER_AWAY' }

  test('does not answer is away, within ten seconds', async () => {
    await using rogue = await rogueProvider({ answer: (path) => path === '/token' })
    const before = systemClock.monotonic()
    await assert.rejects(login(rogue), away)
    assert.ok(systemClock.monotonic() - before < 10_000)
  })
  test('R4: answers without an end is away, and is not read to the end', async () => {
    let sent = 0
    await using rogue = await rogueProvider({
      answer: (path, _request, response) => {
        if (path !== '/token') return false
        response.writeHead(200, { 'content-type': 'application/json' })
        const more = (): void => {
          if (response.destroyed || sent > 100 * 1024 * 1024) return
          sent += 65_536
          if (response.write('x'.repeat(65_536))) setImmediate(more)
          else response.once('drain', more)
        }
        more()
        return true
      },
    })
    await assert.rejects(login(rogue), away)
    assert.ok(sent < 20 * 1024 * 1024, `${sent} bytes were sent`)
  })
  test('fails is away', () =>
    refuses(
      {
        answer: (path, _request, response) => {
          if (path === '/token') response.writeHead(500).end('oh')
          return path === '/token'
        },
      },
      away,
    ))
  test('R3: sends somewhere else is not followed', async () => {
    await using rogue = await rogueProvider({
      answer: (path, _request, response) => {
        if (path === '/token') response.writeHead(307, { location: '/elsewhere' }).end()
        return path === '/token'
      },
    })
    await assert.rejects(login(rogue))
    assert.equal(rogue.asked.get('/elsewhere'), undefined)
  })
  test('is not there is away', async () => {
    const rogue = await rogueProvider()
    await rogue[Symbol.asyncDispose]()
    await assert.rejects(partyOf(rogue).loginUrl(newLogin()), away)
  })
  test('goes away after it was known once is used by what it said then, its keys too, and asked again now and then', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: systemClock.now() })
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const check = async () =>
      (await party.checkAccessToken(await rogue.sign(accessClaims(rogue), rogue.key, { typ: 'at+jwt' }))).said.subject
    const askedNow = (): number | undefined => rogue.asked.get('/.well-known/openid-configuration')
    await login(rogue, party)
    for (const gone of ['/.well-known/openid-configuration', '/jwks']) {
      rogue.lies.answer = (path, _request, response) => {
        if (path === gone) response.writeHead(503).end()
        return path === gone
      }
      t.mock.timers.tick(METADATA_MS_MAX)
      const before = askedNow() ?? 0
      for (let n = 0; n < 10; n += 1) assert.equal(await check(), SUBJECT)
      assert.equal((await login(rogue, party)).said.subject, SUBJECT)
      assert.equal(askedNow(), before + 1, 'the others did not wait for it')
      t.mock.timers.tick(METADATA_AGAIN_MS)
      assert.equal(await check(), SUBJECT)
      assert.equal(askedNow(), before + 2)
    }
  })
})

describe('renewing', () => {
  const keepNothing = async (): Promise<void> => {}
  const grantOf = (rogue: RogueProvider, party: Provider) => login(rogue, party).then(({ grant }) => grant)

  test('answers what the provider says now, and the token for the next time', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    rogue.lies.userInfo = (claims) => ({ ...claims, roles: ['viewer'] })
    const kept: Grant[] = []
    const renewed = await party.renew(grant, async (next) => void kept.push(next))
    assert.deepEqual([renewed.said.roles, renewed.grant.refreshToken], [['viewer'], 'refresh-2'])
    assert.deepEqual(kept, [renewed.grant])
    assert.equal(rogue.tokenRequests.at(-1)?.get('refresh_token'), 'refresh-1')
  })
  test('Z4: says all that the provider says of somebody, unless there is neither ID token nor user info', async () => {
    await using rogue = await rogueProvider({ userInfo: ({ roles: _roles, ...claims }) => claims })
    const party = partyOf(rogue)
    const { said, grant } = await login(rogue, party)
    assert.deepEqual([said.roles, said.isAll], [undefined, true])
    rogue.lies.tokens = ({ id_token: _id, ...tokens }) => tokens
    assert.equal((await party.renew(grant, keepNothing)).said.isAll, true)
    rogue.lies.metadata = ({ userinfo_endpoint: _at, ...all }) => all
    assert.equal((await partyOf(rogue).renew(grant, keepNothing)).said.isAll, false)
  })
  test('O16: is over when the provider no longer takes the token', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    rogue.lies.answer = (path, _request, response) => {
      if (path !== '/token') return false
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
      return true
    }
    await assert.rejects(party.renew(grant, keepNothing), isRefused)
  })
  test('O12: is over when it is suddenly somebody else', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    rogue.lies.idClaims = (claims) => ({ ...claims, sub: 'another' })
    rogue.lies.userInfo = (claims) => ({ ...claims, sub: 'another' })
    await assert.rejects(party.renew(grant, keepNothing), isRefused)
    rogue.lies.idClaims = (claims) => ({ ...claims, iss: 'https://evil.example' })
    await assert.rejects(party.renew(grant, keepNothing), isRefused)
  })
  test('throws, and is over for nobody, when what the provider answers is no word on the grant', async () => {
    const answers: readonly (readonly [string, string, number, string, string])[] = [
      ['too many ask', '/token', 429, 'application/json', '{"error":"slow_down"}'],
      ['our secret was changed', '/token', 401, 'application/json', '{"error":"invalid_client"}'],
      ['a proxy forbids it', '/token', 403, 'text/html', '<p>no'],
      ['a proxy knows no such page', '/token', 404, 'text/html', '<p>no'],
      ['a proxy has a page of its own', '/token', 200, 'text/html', '<p>Welcome'],
      ['it is no JSON', '/token', 200, 'application/json', '<p>Welcome'],
      ['it has moved', '/token', 307, 'text/html', ''],
      ['user info is refused', '/userinfo', 401, 'application/json', '{"error":"invalid_grant"}'],
    ]
    for (const [why, at, status, type, body] of answers) {
      await using rogue = await rogueProvider()
      const party = partyOf(rogue)
      const grant = await grantOf(rogue, party)
      rogue.lies.answer = (path, _request, response) => {
        if (path === at) response.writeHead(status, { 'content-type': type, location: '/elsewhere' }).end(body)
        return path === at
      }
      await assert.rejects(
        party.renew(grant, keepNothing),
        ({ code }: { code?: string }) => /^MILLRACE_IDENTITY_PROVIDER_(AWAY|WRONG)$/.test(code ?? ''),
        why,
      )
    }
  })
  test('throws, and is over for nobody, when its ID token cannot be believed', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    const stranger = await signingKey('ES256', rogue.key.kid)
    rogue.lies.idToken = (claims) => rogue.sign(claims, stranger)
    await assert.rejects(party.renew(grant, keepNothing), { code: 'MILLRACE_IDENTITY_PROVIDER_WRONG' })
  })
  test('throws, and is over for nobody, when the provider is away', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    rogue.lies.answer = (_path, _request, response) => {
      response.writeHead(503).end()
      return true
    }
    await assert.rejects(party.renew(grant, keepNothing), { code: 'MILLRACE_IDENTITY_PROVIDER_AWAY' })
  })
})
