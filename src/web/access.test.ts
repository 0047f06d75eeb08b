import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { defineApp } from '../app/define-app.ts'
import { type Access, accessInWords, allOf, allows, anyone, claim, role, signedIn } from '../contract/access.ts'
import { testApp } from '../testing/test-app.ts'
import { routesOf, withAccess } from './access.ts'
import { NAVIGATION } from './browser-test-kit.ts'
import { type BuildFront, front, type WebInstance } from './front.ts'
import { statusOf } from './hostile-test-kit.ts'
import { openedPeople } from './identity-test-kit.ts'
import { servePages } from './pages.ts'
import { problemIn, RawClient } from './web-clients.test.ts'

describe('access', () => {
  const ada = {
    account: 'a',
    name: 'Ada',
    email: null,
    roles: ['editor'],
    claims: { department: 'engines', team: ['x', 'y'] },
  }
  const cases: readonly (readonly [Access, string, boolean, boolean])[] = [
    [anyone, 'anyone', true, true],
    [signedIn, 'signed in', false, true],
    [role('editor', 'owner'), 'role editor or owner', false, true],
    [role('owner'), 'role owner', false, false],
    [claim('department', 'engines'), 'claim department engines', false, true],
    [claim('team', 'y'), 'claim team y', false, true],
    [claim('team', 'z'), 'claim team z', false, false],
    [claim('constructor', 'x'), 'claim constructor x', false, false],
    [allOf(role('editor'), claim('team', 'x')), 'role editor, and claim team x', false, true],
    [allOf(role('editor'), claim('team', 'z')), 'role editor, and claim team z', false, false],
  ]
  for (const [access, words, nobody, known] of cases)
    test(`${words}: ${nobody ? 'lets in nobody who is known' : 'needs a login'}, and ${known ? 'lets Ada in' : 'not Ada'}`, () => {
      assert.deepEqual([accessInWords(access), allows(access, undefined), allows(access, ada)], [words, nobody, known])
    })
})

describe('a route', () => {
  test('for those who are signed in answers 401 to others, and says where to log in', async () => {
    await using t = await openedPeople()
    const answer = await t.browser().send('/mine?page=2')
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/)
    assert.equal(answer.headers.get('x-login'), '/identity/login?return=%2Fmine%3Fpage%3D2')
    await problemIn(answer, 401, 'MILLRACE_WEB_LOGIN_NEEDED')
  })

  test('for those who are signed in leads a person who goes there to the login, and back', async () => {
    await using t = await openedPeople()
    const answer = await t.request({ url: '/mine?page=2', headers: NAVIGATION })
    assert.deepEqual([answer.statusCode, answer.headers.location], [303, '/identity/login?return=%2Fmine%3Fpage%3D2'])
  })

  test('for a role answers 403 to who is signed in without it, whatever the method', async () => {
    await using t = await openedPeople()
    const [ada, grace] = [t.browser(), t.browser()]
    await ada.login('ada')
    await grace.login('grace')
    assert.equal((await ada.send('/edit', { method: 'POST' })).status, 200)
    await problemIn(await grace.send('/edit', { method: 'POST' }), 403, 'MILLRACE_WEB_ACCESS_DENIED')
  })

  test('H17: is refused before a body is asked for, when its sender waits for that', async () => {
    await using t = await openedPeople()
    const client = new RawClient(await t.url())
    client.send(
      'POST /edit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
    )
    assert.match(await client.sees('MILLRACE_WEB_LOGIN_NEEDED'), /^HTTP\/1\.1 401 /)
    client.socket.destroy()
  })

  test('is refused before its body is read', async () => {
    await using t = await openedPeople()
    const body = new ReadableStream<Uint8Array>({ pull: (c) => c.enqueue(new Uint8Array(65_536)) })
    const init = { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'application/json' } }
    const answer = await fetch(`${await t.url()}/edit`, init as RequestInit)
    await problemIn(answer, 401, 'MILLRACE_WEB_LOGIN_NEEDED')
  })

  test('for anyone knows who asks, if it wants to', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    assert.deepEqual(await (await browser.send('/open')).json(), { is: 'nobody' })
    await browser.login('ada')
    assert.deepEqual(await (await browser.send('/open')).json(), { is: 'Ada Lovelace' })
  })

  test('that is not there is answered 404 to anyone', async () => {
    await using t = await openedPeople()
    await problemIn(await t.browser().send('/nowhere'), 404, 'MILLRACE_WEB_ROUTE_UNKNOWN')
  })

  test('H20: is guarded however its path is written', async () => {
    await using t = await openedPeople()
    const url = await t.url()
    const browser = t.browser()
    await browser.login('ada')
    // as it stands, without a client that would tidy it up
    const ask = async (path: string, cookie = ''): Promise<string> => {
      const client = new RawClient(url)
      client.send(`GET ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${cookie}Connection: close\r\n\r\n`)
      await client.closed()
      return client.text
    }
    const session = `Cookie: session=${browser.cookie('session')}\r\n`
    assert.match(await ask('/mine', session), /"is":"Ada Lovelace"/)
    for (const path of [
      '/%6dine',
      '/min%65?a',
      '/mine/',
      '//mine',
      '/./mine',
      '/x/../mine',
      '/x/%2e%2e/mine',
      '/mine%2f',
      '/%2fmine',
      '/\\mine',
      '\\mine',
      '/x\\..\\mine',
      '/%c0%afmine',
      '/%e0%80%afmine',
      '/MINE',
      '/mine;a',
      '/mine%00',
      '/mine#a',
      `http://${new URL(url).host}/mine`,
    ]) {
      const [nobody, known] = [statusOf(await ask(path)), statusOf(await ask(path, session))]
      assert.ok([400, 401, 404].includes(nobody), `${path}: ${nobody} for nobody`)
      // what is the guarded route for one is it for the other
      assert.equal(known === 200, nobody === 401, `${path}: ${known} with a session, ${nobody} without`)
    }
    assert.equal((await browser.send('/open')).status, 200)
  })

  const building = (build: BuildFront, roles: readonly string[] = []) =>
    testApp(defineApp({ name: 'fixture', identity: { roles }, web: async () => ({ default: front(build) }) }))
  const startsWith = async (build: BuildFront, roles?: readonly string[]): Promise<void> => {
    await using t = await building(build, roles)
    await t.url()
  }

  test('Z8: that does not say who may use it keeps the application from starting', () =>
    assert.rejects(
      startsWith((web) => void web.get('/forgotten', async () => ({}))),
      { code: 'MILLRACE_WEB_ACCESS_UNDECLARED', message: /GET \/forgotten/ },
    ))

  test('that asks for a role or claim that nobody can have keeps the application from starting', async () => {
    const asking =
      (access: Access): BuildFront =>
      (web) =>
        void web.get('/x', { config: { access } }, async () => ({}))
    const undeclared = { code: 'MILLRACE_IDENTITY_ROLE_UNDECLARED' }
    await assert.rejects(startsWith(asking(role('edtor')), ['editor']), undeclared)
    await assert.rejects(startsWith(asking(allOf(signedIn, claim('department', 'x'))), ['editor']), undeclared)
    await startsWith(asking(role('editor')), ['editor'])
  })

  test('of a plugin of somebody else is given its access from outside', async () => {
    let routes: readonly string[] = []
    const plugin = async (web: WebInstance): Promise<void> => void web.get('/plugin', async () => ({}))
    await startsWith(async (web) => {
      await withAccess(web, signedIn, () => web.register(plugin as never))
      routes = routesOf(web as never).map(({ method, url, access }) => `${method} ${url} ${accessInWords(access)}`)
    })
    assert.ok(routes.includes('GET /plugin signed in'))
    assert.ok(routes.includes('HEAD /plugin signed in'))
  })

  test('Z8: of another plugin does not get that access, whether it was registered before, after or inside', async () => {
    const says = (path: string) => async (scope: WebInstance) => void scope.get(path, async () => ({}))
    const theirs = says('/theirs') as never
    const undeclared = (path: string) => ({ code: 'MILLRACE_WEB_ACCESS_UNDECLARED', message: new RegExp(path) })
    await assert.rejects(
      startsWith(async (web) => {
        web.register(says('/before') as never)
        await withAccess(web, anyone, () => web.register(theirs))
      }),
      undeclared('/before'),
    )
    await assert.rejects(
      startsWith(async (web) => {
        const given = withAccess(web, anyone, () => web.register(theirs))
        web.register(says('/after') as never)
        await given
      }),
      undeclared('/after'),
    )
    let routes: readonly string[] = []
    await startsWith(
      async (web) => {
        const outer = async (scope: WebInstance): Promise<void> => {
          await withAccess(scope, anyone, () => scope.register(says('/inside') as never))
          scope.get('/around', async () => ({}))
        }
        await withAccess(web, signedIn, () => web.register(outer as never))
        await withAccess(web, role('editor'), () => web.register(says('/next') as never))
        routes = routesOf(web as never).map(({ method, url, access }) => `${method} ${url} ${accessInWords(access)}`)
      },
      ['editor'],
    )
    assert.deepEqual(
      routes.filter((route) => /GET .(inside|around|next)/.test(route)),
      ['GET /around signed in', 'GET /inside anyone', 'GET /next role editor'],
    )
  })

  test('Z8: that was forgotten in a plugin is not let through by the pages that are served after it', () =>
    assert.rejects(
      startsWith(async (web) => {
        web.register((async (admin: WebInstance) => void admin.delete('/forgotten', async () => ({}))) as never)
        await servePages(web, { folder: import.meta.dirname })
      }),
      { code: 'MILLRACE_WEB_ACCESS_UNDECLARED', message: /DELETE \/forgotten/ },
    ))

  test('says in the API description who may use it', async () => {
    await using t = await openedPeople()
    const document = (await (await t.browser().send('/openapi.json')).json()) as {
      paths: Record<string, Record<string, Record<string, unknown>>>
      components: { securitySchemes: Record<string, unknown> }
    }
    assert.deepEqual(document.paths['/edit']?.['post']?.['security'], [{ session: [] }, { bearer: [] }])
    assert.equal(document.paths['/edit']?.['post']?.['x-access'], 'role editor')
    assert.equal(document.paths['/open']?.['get']?.['security'], undefined)
    assert.deepEqual(Object.keys(document.components.securitySchemes), ['session', 'bearer'])
  })
})

describe('who asks', () => {
  test('C7, C8: is nobody with two session cookies, a changed one, a huge one, or two hundred others', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    const session = browser.cookie('session') ?? ''
    const strange = [
      `session=${session}; session=${session}`,
      `session=x; session=${session}`,
      `session=${session.slice(0, -1)}`,
      `session=${session}a`,
      `session=${'a'.repeat(4_097)}`,
      'session=',
      'session',
      `Session=${session}`,
      `session=%00${session}`,
      Array.from({ length: 200 }, (_, n) => `c${n}=${'x'.repeat(20)}`).join('; '),
    ]
    for (const cookie of strange)
      await problemIn(await browser.send('/identity/me', { headers: { cookie } }), 401, 'MILLRACE_WEB_LOGIN_NEEDED')
    assert.equal((await browser.send('/identity/me')).status, 200)
  })

  test('C6: is nobody from the moment that their account is disabled', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    await t.db.query('update millrace.account set disabled_at = millrace.now()')
    await problemIn(await browser.send('/identity/me'), 401, 'MILLRACE_WEB_LOGIN_NEEDED')
    const { answer } = await browser.login('ada')
    assert.equal(answer.status, 403)
  })

  test('Z4: has the roles that they have now, not those of the login', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    assert.equal((await browser.send('/edit', { method: 'POST' })).status, 200)
    await t.db.query(`update millrace.account set roles = '{}'`)
    await problemIn(await browser.send('/edit', { method: 'POST' }), 403, 'MILLRACE_WEB_ACCESS_DENIED')
    await t.db.query(`update millrace.account set granted = '{editor}'`)
    assert.equal((await browser.send('/edit', { method: 'POST' })).status, 200)
  })

  test('with what is no bearer token is refused, whatever cookie comes with it', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    for (const authorization of [
      'Bearer',
      'Bearer  ',
      'Basic YTpi',
      'Bearer a b',
      'Bearer é',
      `Bearer ${'a'.repeat(9_000)}`,
      'Bearer a.b.c',
    ])
      await problemIn(
        await browser.send('/open', { headers: { authorization: authorization.replace('é', '\u00e9') } }),
        401,
        'MILLRACE_IDENTITY_TOKEN_INVALID',
      )
  })
})
