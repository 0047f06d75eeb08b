/** A provider that is away, or no longer knows somebody. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import type { Provider } from './provider.ts'
import { isRefused, login, newLogin, partyOf, refuses } from './relying-party-test-kit.ts'
import { type RogueProvider, rogueProvider, SUBJECT } from './rogue-provider-test-kit.ts'

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
  test('goes away after it was known once is used by what it said then', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    await login(rogue, party)
    rogue.lies.answer = (path, _request, response) => {
      if (path.startsWith('/.well-known')) response.writeHead(503).end()
      return path.startsWith('/.well-known')
    }
    assert.equal((await login(rogue, party)).said.subject, SUBJECT)
  })
})

describe('renewing', () => {
  const grantOf = (rogue: RogueProvider, party: Provider) => login(rogue, party).then(({ grant }) => grant)

  test('answers what the provider says now, and the token for the next time', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    rogue.lies.userInfo = (claims) => ({ ...claims, roles: ['viewer'] })
    const renewed = await party.renew(grant)
    assert.deepEqual([renewed.said.roles, renewed.grant.refreshToken], [['viewer'], 'refresh-2'])
    assert.equal(rogue.tokenRequests.at(-1)?.get('refresh_token'), 'refresh-1')
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
    await assert.rejects(party.renew(grant), isRefused)
  })
  test('O12: is over when it is suddenly somebody else', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    rogue.lies.idClaims = (claims) => ({ ...claims, sub: 'another' })
    rogue.lies.userInfo = (claims) => ({ ...claims, sub: 'another' })
    await assert.rejects(party.renew(grant), isRefused)
    rogue.lies.idClaims = (claims) => ({ ...claims, iss: 'https://evil.example' })
    await assert.rejects(party.renew(grant), isRefused)
  })
  test('throws, and is over for nobody, when the provider is away', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    rogue.lies.answer = (_path, _request, response) => {
      response.writeHead(503).end()
      return true
    }
    await assert.rejects(party.renew(grant), { code: 'MILLRACE_IDENTITY_PROVIDER_AWAY' })
  })
})
