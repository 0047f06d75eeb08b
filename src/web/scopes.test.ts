/** What a program may do for somebody is bounded by what its token was given for. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { defineApp } from '../app/define-app.ts'
import { type Access, accessInWords, allOf, allows, anyone, claim, role, scope, scopesIn } from '../contract/access.ts'
import { task } from '../contract/task.ts'
import { localToken } from '../identity/local/secrets.ts'
import { runs } from '../testing/fixture/app-of.ts'
import { type TestApp, testApp } from '../testing/test-app.ts'
import { handlers } from '../worker/handler.ts'
import { principalOf } from './access.ts'
import { type BuildFront, front } from './front.ts'
import { openedPeople } from './identity-test-kit.ts'
import { problemIn } from './web-clients.test.ts'

const ada = { account: 'a', name: 'Ada', email: null, roles: ['editor'], claims: {} }
const write = scope('photos:write', 'photos:all')
const editing = allOf(role('editor'), write)

describe('a scope', () => {
  const cases: readonly (readonly [Access, readonly string[] | undefined, boolean])[] = [
    [write, undefined, true],
    [write, ['photos:all'], true],
    [write, ['openid', 'photos:write'], true],
    [write, ['photos:read', 'photos:writer'], false],
    [write, [], false],
    [editing, ['photos:write'], true],
    [allOf(role('owner'), write), ['photos:write'], false],
  ]
  for (const [access, scopes, isAllowed] of cases)
    test(`${isAllowed ? 'lets' : 'does not let'} pass, asking for ${accessInWords(access)}, who has ${scopes ?? 'a session'}`, () => {
      const principal = scopes === undefined ? ada : { ...ada, scopes }
      assert.equal(allows(access, principal), isAllowed)
      assert.equal(allows(access, undefined), false)
    })

  test('is one of several ways in, all of which are told', () => {
    assert.deepEqual(scopesIn(anyone), [[]])
    assert.deepEqual(scopesIn(editing), [['photos:write'], ['photos:all']])
    assert.deepEqual(scopesIn(allOf(scope('a', 'b'), scope('c'))), [
      ['a', 'c'],
      ['b', 'c'],
    ])
  })
})

const purge = task('purge', { input: z.object({}), access: write })

const build: BuildFront = (web, { submit }) => {
  web.get('/engines', { config: { access: claim('department', 'engines') } }, async (request) => ({
    is: principalOf(request).name,
  }))
  web.post('/photos', { config: { access: editing } }, async (request) => ({ is: principalOf(request).name }))
  web.post('/purges', { config: { access: role('editor') } }, async (_request, reply) => {
    await submit(purge, {})
    return reply.code(204).send()
  })
}

describe('a route', () => {
  /** As a script that has a token of somebody asks. */
  const ask = async (
    t: Pick<TestApp, 'db' | 'clock' | 'url'>,
    path: string,
    scopes: readonly string[],
    method = 'POST',
  ): Promise<Response> => {
    const user = { id: 'ada', name: 'Ada Lovelace', roles: ['editor'], claims: { department: 'engines' } }
    const token = await localToken(t.db, user, { clock: t.clock, scopes })
    return fetch(`${await t.url()}${path}`, { method, headers: { authorization: `Bearer ${token}` } })
  }

  test('for a scope lets in a session and the tokens that were given for it, and no other token', async () => {
    await using t = await openedPeople({}, [], build)
    const [ada, grace] = [t.browser(), t.browser()]
    await ada.login('ada')
    await grace.login('grace')
    assert.equal((await ada.send('/photos', { method: 'POST' })).status, 200)
    await problemIn(await grace.send('/photos', { method: 'POST' }), 403, 'MILLRACE_WEB_ACCESS_DENIED')
    await problemIn(await t.browser().send('/photos', { method: 'POST' }), 401, 'MILLRACE_WEB_LOGIN_NEEDED')
    assert.equal((await ask(t, '/photos', ['openid', 'photos:all'])).status, 200)
    for (const scopes of [['openid', 'profile'], ['photos:write2'], ['PHOTOS:WRITE'], []]) {
      const { detail } = await problemIn(await ask(t, '/photos', scopes), 403, 'MILLRACE_WEB_ACCESS_DENIED')
      assert.match(detail, /scope photos:write or photos:all/)
    }
  })

  test('that submits what asks for a scope is held to it; the job then runs as its submitter, whom no token bounds', async () => {
    const did: unknown[] = []
    const app = defineApp({
      name: 'fixture',
      tasks: [purge],
      identity: { roles: ['editor'], claims: ['department'] },
      web: async () => ({ default: front(build) }),
      worker: async () => ({
        default: handlers([runs(purge, async ({ actor }) => void did.push([actor?.name, actor?.scopes]))]),
      }),
    })
    await using t = await testApp(app)
    await problemIn(await ask(t, '/purges', ['photos:read']), 403, 'MILLRACE_QUEUE_SUBMIT_DENIED')
    assert.equal((await ask(t, '/purges', ['photos:write'])).status, 204)
    await t.untilIdle()
    assert.deepEqual(did, [['Ada Lovelace', undefined]])
  })

  test('for a claim lets in whose provider says it of them, and nobody else', async () => {
    await using t = await openedPeople({}, [], build)
    const [ada, grace] = [t.browser(), t.browser()]
    await ada.login('ada')
    await grace.login('grace')
    assert.deepEqual(await (await ada.send('/engines')).json(), { is: 'Ada Lovelace' })
    await problemIn(await grace.send('/engines'), 403, 'MILLRACE_WEB_ACCESS_DENIED')
    await problemIn(await t.browser().send('/engines'), 401, 'MILLRACE_WEB_LOGIN_NEEDED')
  })

  test('says in the API description which scopes a token must have', async () => {
    await using t = await openedPeople({}, [], build)
    const { paths } = (await (await t.browser().send('/openapi.json')).json()) as {
      paths: Record<string, Record<string, Record<string, unknown>>>
    }
    assert.deepEqual(paths['/photos']?.['post']?.['security'], [
      { session: [] },
      { bearer: ['photos:write'] },
      { bearer: ['photos:all'] },
    ])
    assert.equal(paths['/photos']?.['post']?.['x-access'], 'role editor, and scope photos:write or photos:all')
    assert.deepEqual(paths['/purges']?.['post']?.['security'], [{ session: [] }, { bearer: [] }])
  })

  test('that says who asks says what their token is for', async () => {
    await using t = await openedPeople()
    const me = (await (await ask(t, '/identity/me', ['openid', 'photos:write'], 'GET')).json()) as { scopes?: unknown }
    assert.deepEqual(me.scopes, ['openid', 'photos:write'])
    const browser = t.browser()
    await browser.login('ada')
    assert.equal('scopes' in ((await (await browser.send('/identity/me')).json()) as object), false)
  })
})
