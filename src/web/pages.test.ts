import { strict as assert } from 'node:assert'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { servePages } from './pages.ts'
import { rawRequest } from './web-clients.test.ts'
import { type TestWeb, testWeb } from './web-kit.test.ts'

async function withPages(): Promise<TestWeb & AsyncDisposable> {
  const top = await mkdtemp(join(tmpdir(), 'millrace-pages-'))
  const folder = join(top, 'dist')
  await mkdir(join(folder, 'assets'), { recursive: true })
  const files = {
    'index.html': '<!doctype html><title>Darkroom</title>',
    'favicon.svg': '<svg/>',
    'assets/index-B3dF9a2c.js': 'export {}',
    'assets/index-B3dF9a2c.js.map': '{}',
    'assets/plain.js': 'export {}',
    '.env': 'SECRET=1',
    'assets/.hidden': 'SECRET=1',
    '../outside.txt': 'SECRET=1',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const t = await testWeb(async (web) => {
    web.post('/api/photos', async () => ({}))
    await servePages(web, { folder, fallback: (path) => !path.startsWith('/old') })
  })
  return {
    ...t,
    [Symbol.asyncDispose]: async () => {
      await t[Symbol.asyncDispose]()
      await rm(top, { recursive: true, force: true })
    },
  }
}

const page = { headers: { accept: 'text/html,application/xhtml+xml' } }

describe('servePages', () => {
  test('hashed assets are kept for a year, everything else is asked for again', async () => {
    await using t = await withPages()
    const cacheOf = async (path: string) => {
      const answer = await t.get(path)
      assert.equal(answer.status, 200, path)
      return answer.headers.get('cache-control')
    }
    assert.equal(await cacheOf('/assets/index-B3dF9a2c.js'), 'public, max-age=31536000, immutable')
    assert.equal(await cacheOf('/assets/plain.js'), 'no-cache')
    assert.equal(await cacheOf('/'), 'no-cache')
    const script = await t.get('/assets/index-B3dF9a2c.js')
    assert.match(script.headers.get('content-type') ?? '', /javascript/)
    assert.match(script.headers.get('content-security-policy') ?? '', /script-src 'self'/)
    const etag = (await t.get('/')).headers.get('etag') ?? ''
    // not with fetch, which adds `Cache-Control: no-cache` to conditional requests
    assert.equal((await rawRequest(`${t.url}/`, { headers: { 'if-none-match': etag } })).status, 304)
  })

  test('a navigation to a page of the application shows index.html', async () => {
    await using t = await withPages()
    for (const path of ['/photos/123', '/albums?sort=date', '/deep/er/path']) {
      const answer = await t.get(path, page)
      assert.deepEqual([answer.status, answer.headers.get('cache-control')], [200, 'no-cache'], path)
      assert.match(await answer.text(), /Darkroom/)
    }
    assert.equal((await t.get('/photos/123', { method: 'HEAD', ...page })).status, 200)
  })

  test('what is no navigation, is an API, or is not wanted as a page, is a problem', async () => {
    await using t = await withPages()
    assert.equal((await t.get('/photos/123', { headers: { accept: 'application/json' } })).status, 404)
    assert.equal((await t.get('/photos/123', { method: 'POST', ...page })).status, 404)
    for (const path of ['/api/nothing', '/api', '/operations/nothing', '/media/nothing', '/old/page', '/problems/x']) {
      const answer = await t.get(path, page)
      assert.equal(answer.status, 404, path)
      assert.match(answer.headers.get('content-type') ?? '', /problem\+json/, path)
    }
    const wrong = await t.get('/api/photos', page)
    assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'POST'])
  })

  test('P6: dotfiles, source maps, folders and files outside are not there', async () => {
    await using t = await withPages()
    const paths = [
      '/.env',
      '/%2eenv',
      '/assets/.hidden',
      '/assets/index-B3dF9a2c.js.map',
      '/assets',
      '/assets/',
      '/../outside.txt',
      '/%2e%2e/outside.txt',
      '/..%2foutside.txt',
      '/assets/..%5c..%5coutside.txt',
      '/assets//..//../outside.txt',
      '//etc/passwd',
    ]
    for (const path of paths) {
      const answer = await rawRequest(`${t.url}/`, { headers: {}, path })
      assert.ok([400, 403, 404].includes(answer.status), `${answer.status} for ${path}`)
      assert.doesNotMatch(answer.body, /SECRET|root:/)
    }
  })

  test('in development navigations go to the server of the pages, and nowhere else', async () => {
    await using t = await testWeb((web) => servePages(web, { folder: '/nowhere', devOrigin: 'http://localhost:5173' }))
    const answer = await t.get('/photos/1?x=2', page)
    assert.deepEqual([answer.status, answer.headers.get('location')], [307, 'http://localhost:5173/photos/1?x=2'])
    const tricky = await rawRequest(`${t.url}/`, { path: '//evil.example/', headers: page.headers })
    assert.equal(tricky.headers.location, 'http://localhost:5173/evil.example/')
    assert.equal((await t.get('/api/x', page)).status, 404)
  })
})
