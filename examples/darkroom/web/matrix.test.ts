/**
 * Who may do what: every route of the application, asked by everybody. What they are answered stands in matrix.md, which a
 * person has read; `DARKROOM_MATRIX=write npm test -- examples/darkroom/web/matrix.test.ts` writes it anew.
 */
import { strict as assert } from 'node:assert'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { accessInWords } from 'millrace'
import { type TestApp, testApp } from 'millrace/testing'
import type { RouteAccess } from 'millrace/web'
import app from '../app.ts'
import { picture } from '../test/client.ts'
import { makeScene, type Scene } from '../test/scene.ts'
import { type Visitor, visitor } from '../test/visitor.ts'
import { zip } from '../test/zip.ts'

const TABLE = new URL('matrix.md', import.meta.url)
const PEOPLE = ['nobody', 'stranger', 'viewer', 'editor', 'owner'] as const
type Who = (typeof PEOPLE)[number]
type Cast = Readonly<Record<Who, Visitor>>

/** A request, of somebody, in a scene. */
interface Asked {
  readonly scene: Scene
  readonly who: Visitor
  readonly cast: Cast
  /** Path of the operation of an upload that the owner has just made. */
  readonly operation: () => Promise<string>
  /** The id of one more session that the owner has just begun. */
  readonly session: () => Promise<string>
}
type Ask = (asked: Asked) => [path: string, init?: RequestInit] | Promise<[path: string, init?: RequestInit]>

const json = (body: unknown, headers = {}): RequestInit => ({
  ...{ headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) },
})
const form = (field: string, bytes: Uint8Array): RequestInit => {
  const body = new FormData()
  body.append(field, new Blob([Uint8Array.from(bytes)]), 'a')
  return { body }
}
const album =
  (rest = ''): Ask =>
  ({ scene }) => [`/api/albums/${scene.album}${rest}`]

/** How each route is asked. */
const REQUESTS: Readonly<Record<string, Ask>> = {
  'GET /api/account': () => ['/api/account'],
  'GET /api/albums': () => ['/api/albums'],
  'POST /api/albums': () => ['/api/albums', json({ title: 'Mine' })],
  'DELETE /api/albums/:id': album(),
  'GET /api/albums/:id': album(),
  'PATCH /api/albums/:id': ({ scene }) => [`/api/albums/${scene.album}`, json({ title: 'Sand' })],
  'POST /api/albums/:id/links': ({ scene }) => [`/api/albums/${scene.album}/links`, json({})],
  'DELETE /api/albums/:id/links/:linkId': ({ scene }) => [`/api/albums/${scene.album}/links/${scene.link}`],
  'POST /api/albums/:id/members': ({ scene }) => [
    `/api/albums/${scene.album}/members`,
    json({ email: 'eve@example.org', role: 'viewer' }),
  ],
  'DELETE /api/albums/:id/members/:account': ({ scene, cast }) => [
    `/api/albums/${scene.album}/members/${cast.viewer.account}`,
  ],
  'PATCH /api/albums/:id/members/:account': ({ scene, cast }) => [
    `/api/albums/${scene.album}/members/${cast.viewer.account}`,
    json({ role: 'editor' }),
  ],
  'PUT /api/albums/:id/photos': ({ scene }) => [`/api/albums/${scene.album}/photos`, json({ photoIds: [scene.loose] })],
  'DELETE /api/albums/:id/photos/:photoId': ({ scene }) => [`/api/albums/${scene.album}/photos/${scene.photo}`],
  'GET /api/failures': () => ['/api/failures'],
  'POST /api/failures/retry': () => ['/api/failures/retry'],
  'GET /api/imports': () => ['/api/imports'],
  'POST /api/imports': async () => ['/api/imports', form('archive', zip([{ name: 'a.txt', bytes: Buffer.from('a') }]))],
  'DELETE /api/imports/:id': ({ scene }) => [`/api/imports/${scene.import}`],
  'GET /api/imports/:id': ({ scene }) => [`/api/imports/${scene.import}`],
  'POST /api/imports/:id/put-away': ({ scene }) => [`/api/imports/${scene.import}/put-away`],
  'POST /api/imports/:id/retry': ({ scene }) => [`/api/imports/${scene.import}/retry`],
  'GET /api/photos': ({ scene }) => [`/api/photos?album=${scene.album}`],
  'GET /api/photos/deleted': () => ['/api/photos/deleted'],
  'POST /api/photos': async () => ['/api/photos', form('photo', (await picture(1, 32, 24)).bytes)],
  'DELETE /api/photos/:id': ({ scene }) => [`/api/photos/${scene.photo}`],
  'GET /api/photos/:id': ({ scene }) => [`/api/photos/${scene.photo}`],
  'DELETE /api/photos/:id/deleted': ({ scene }) => [`/api/photos/${scene.deleted}/deleted`],
  'PATCH /api/photos/:id': ({ scene }) => [`/api/photos/${scene.photo}`, json({ title: 'x' }, { 'if-match': '*' })],
  'GET /api/photos/:id/original': ({ scene }) => [`/api/photos/${scene.photo}/original`],
  'POST /api/photos/:id/restore': ({ scene }) => [`/api/photos/${scene.deleted}/restore`],
  'POST /api/photos/:id/retry': ({ scene }) => [`/api/photos/${scene.failed}/retry`],
  'GET /api/shared/:token': ({ scene }) => [`/api/shared/${scene.token}`],
  'POST /identity/backchannel-logout': () => ['/identity/backchannel-logout', { body: new URLSearchParams() }],
  'GET /identity/callback': () => ['/identity/callback'],
  'GET /identity/login': () => ['/identity/login'],
  'POST /identity/logout': () => ['/identity/logout', { headers: { cookie: 'none=' } }], // all of them go on asking
  'GET /identity/me': () => ['/identity/me'],
  'GET /identity/page.css': () => ['/identity/page.css'],
  'DELETE /identity/sessions': () => ['/identity/sessions'],
  'GET /identity/sessions': () => ['/identity/sessions'],
  'DELETE /identity/sessions/:id': async ({ session }) => [`/identity/sessions/${await session()}`],
  'GET /livez': () => ['/livez'],
  'GET /media/:photoId/:file': ({ scene }) => [`/media/${scene.photo}/${scene.file}`],
  'GET /media/shared/:token/:photoId/:file': ({ scene }) => [
    `/media/shared/${scene.token}/${scene.photo}/${scene.file}`,
  ],
  'GET /openapi.json': () => ['/openapi.json'],
  'DELETE /operations/:id': async ({ operation }) => [await operation()],
  'GET /operations/:id': async ({ operation }) => [await operation()],
  'GET /operations/:id/events': async ({ operation }) => [`${await operation()}/events`],
  'GET /problems/:code': () => ['/problems/MILLRACE_WEB_LOGIN_NEEDED'],
  'GET /readyz': () => ['/readyz'],
}

/** The pages, which are there when they are built, and the local provider's own, which development alone has. */
const NOT_ASKED = ['/', '/*', '/identity/local/*', '/identity/local/login/:uid']

test('Z8, C11: every route answers everybody as the table says, and by GET nothing is changed', async () => {
  const eve = { id: 'eve', name: 'Eve', email: 'eve@example.org' }
  const identity = { roles: [], localUsers: [...(app.identity?.localUsers ?? []), eve] }
  await using t = await testApp({ ...app, identity })
  const cast = await castOf(await t.url())

  const lines = [head(PEOPLE), `|---|---|${PEOPLE.map(() => '---|').join('')}`]
  for (const route of shown(await t.routes())) {
    const name = `${route.method} ${route.url}`
    const statuses: number[] = []
    for (const who of PEOPLE) statuses.push(await ask(t, cast, name, who))
    lines.push(`| ${name} | ${accessInWords(route.access)} | ${statuses.join(' | ')} |`)
  }
  const found = `${PREFACE}\n${lines.join('\n')}\n`
  if (process.env['DARKROOM_MATRIX'] === 'write') await writeFile(TABLE, found)
  assert.deepEqual(found.split('\n'), (await readFile(TABLE, 'utf8')).split('\n'))
})

const PREFACE = `# Who may do what

Every route, and what each of these is answered, in a scene that is made anew for each request: an album with a photo of its
owner, shared with a viewer and an editor; a stranger, who has logged in, and nobody, who has not. What is in a path is the
owner's: the album and what it holds, a deleted photo, an import, the operation of an upload, another session. The photo that
is put into the album is of the one who asks, the member who is changed or removed is the viewer, and the token is one that
is good.
matrix.test.ts asks, and holds every route to this table. HEAD is as GET.
`

const head = (people: readonly string[]): string => `| route | access | ${people.join(' | ')} |`

/** HEAD is where GET is, for the same people. */
function shown(all: readonly RouteAccess[]): readonly RouteAccess[] {
  const routes = all.filter(({ url }) => !NOT_ASKED.includes(url))
  const gets = new Map(routes.filter(({ method }) => method === 'GET').map((route) => [route.url, route]))
  for (const { method, url, access } of routes)
    if (method === 'HEAD') assert.deepEqual(gets.get(url)?.access, access, url)
  return routes.filter(({ method }) => method !== 'HEAD')
}

async function castOf(url: string): Promise<Cast> {
  return {
    nobody: await visitor(url),
    stranger: await visitor(url, 'eve'),
    viewer: await visitor(url, 'alan'),
    editor: await visitor(url, 'grace'),
    owner: await visitor(url, 'ada'),
  }
}

/** It notes, in a row of its own, that somebody has set out: nothing that was there is changed. */
const BEGINS_A_LOGIN = new Set(['GET /identity/login'])

/** What whoever looks notes of a photo whose render has ended without a word: it is so whether they look or not. */
const NOTED = ['status', 'problem_code', 'problem_detail']

/** What all tables hold, as a sum of each, but for how often somebody has asked. */
async function rowsOf(t: TestApp): Promise<Readonly<Record<string, string | null>>> {
  const tables = await t.db.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'millrace') and tablename <> 'rate'`,
  )
  const sum = ({ name }: { readonly name: string }): string =>
    `select '${name}' as name, sum(hashtextextended(row::text, 0))::text as sum
       from (select to_jsonb(r) - $1::text[] as row from ${name} r) rows`
  const { rows } = await t.db.query<{ name: string; sum: string | null }>(tables.rows.map(sum).join(' union all '), [
    NOTED,
  ])
  return Object.fromEntries(rows.map((row) => [row.name, row.sum]))
}

async function ask(t: TestApp, cast: Cast, name: string, as: Who): Promise<number> {
  const request =
    REQUESTS[name] ?? assert.fail(`${name} is new: say in REQUESTS how it is asked, and in matrix.md by whom`)
  const [owner, editor, viewer] = [cast.owner.account, cast.editor.account, cast.viewer.account]
  const scene = await makeScene(t, { owner, editor, viewer }, cast[as].account)
  const operation = async () => {
    const { bytes } = await picture(1, 32, 24)
    const [uploaded] = await cast.owner.upload({ 'a.jpg': bytes })
    return uploaded?.operation ?? ''
  }
  const session = async () => {
    const { json: ask } = await visitor(await t.url(), 'ada')
    const { sessions } = await ask<{ sessions: { id: string; isThis: boolean }[] }>('/identity/sessions')
    return sessions.find(({ isThis }) => isThis)?.id ?? ''
  }
  const [path, init = {}] = await request({ scene, who: cast[as], cast, operation, session })
  const [method = ''] = name.split(' ')
  // as who may see most: the others get no further
  const isWatched = method === 'GET' && as === 'owner' && !BEGINS_A_LOGIN.has(name)
  const before = isWatched ? await rowsOf(t) : undefined
  const answer = await cast[as].fetch(path, { method, ...init })
  await answer.body?.cancel()
  if (isWatched) assert.deepEqual(await rowsOf(t), before, name)
  return answer.status
}
