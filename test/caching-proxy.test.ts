/**
 * A caching proxy in front, as careless as they come: it knows nothing of cookies and keeps whatever it is not told to leave
 * alone. Two people who ask for the same addresses through it never see what is the other's.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { anyone, signedIn } from 'millrace'
import { defineApp } from 'millrace/app'
import { freePort, testApp, until } from 'millrace/testing'
import { etagOf, front, principalOf } from 'millrace/web'
import { need } from './need.ts'

const nginx = need('nginx')

const app = defineApp({
  name: 'people',
  identity: {
    roles: [],
    localUsers: [
      { id: 'ada', name: 'canary-ada' },
      { id: 'grace', name: 'canary-grace' },
    ],
  },
  web: async () => ({
    default: front((web) => {
      let asked = 0
      web.get('/mine', { config: { access: signedIn } }, async (request) => ({ is: principalOf(request).name }))
      web.get('/mine/tagged', { config: { access: signedIn } }, async (request, reply) => {
        reply.header('etag', etagOf(principalOf(request).name))
        return { is: principalOf(request).name }
      })
      web.get('/mine/*', { config: { access: signedIn } }, async (request) => ({ is: principalOf(request).name }))
      web.get('/public', { config: { access: anyone } }, async (_request, reply) => {
        asked += 1
        reply.header('cache-control', 'public, max-age=60')
        return { asked }
      })
    }),
  }),
})

async function caching(upstream: string) {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'millrace-nginx-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  await writeFile(
    file,
    `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
     events { worker_connections 2048; }
     http {
       access_log off;
       client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/temp;
       fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       proxy_cache_path ${folder}/cache keys_zone=all:1m;
       server {
         listen 127.0.0.1:${port};
         location / {
           proxy_pass ${upstream};
           proxy_cache all;
           proxy_cache_key $request_uri;          # no cookie, no Authorization
           proxy_cache_valid any 60s;             # for whatever does not say
           add_header x-cache $upstream_cache_status;
         }
       }
     }`,
  )
  const child = spawn(nginx.path, ['-c', file, '-p', folder, '-e', join(folder, 'error.log')], { stdio: 'ignore' })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  stack.defer(async () => {
    child.kill('SIGTERM')
    await gone
  })
  const url = `http://127.0.0.1:${port}`
  await until('the proxy answers', async () => (await fetch(`${url}/livez`).catch(() => undefined))?.ok === true)
  const rest = stack.move()
  return { url, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** What `fetch` does not send. */
async function getWithBody(url: string, body: string): Promise<string> {
  const asked = request(url, { headers: { 'content-type': 'application/json', 'content-length': body.length } })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return text(answer)
}

describe('behind a caching proxy', { skip: nginx.skip }, () => {
  test('P4: two people who ask for the same never see each other’s', async () => {
    await using t = await testApp(app)
    await using proxy = await caching(await t.url())
    const people = [await t.signIn('ada'), await t.signIn('grace')] as const
    const paths = ['/mine', '/mine?a=1', '/mine/x.css', '/mine/tagged', '/identity/me', '/identity/sessions']
    const asked = Array.from({ length: 40 }, (_, n) => n).flatMap((n) => paths.map((path) => [n % 2, path] as const))
    await Promise.all(
      asked.map(async ([who, path]) => {
        const answer = await fetch(`${proxy.url}${path}`, { headers: people[who === 0 ? 0 : 1].headers })
        const text = await answer.text()
        assert.equal(answer.status, 200, path)
        assert.doesNotMatch(text, who === 0 ? /canary-grace/ : /canary-ada/, path)
        if (path !== '/identity/sessions') assert.match(text, who === 0 ? /canary-ada/ : /canary-grace/, path)
      }),
    )
    for (const path of paths)
      assert.equal((await fetch(`${proxy.url}${path}`)).status, 401, `${path}: nobody sees any of it`)
  })

  test('P4, P5: what is public is kept, without a cookie, and nothing that it was asked with changes it', async () => {
    await using t = await testApp(app)
    await using proxy = await caching(await t.url())
    const { headers } = await t.signIn('ada')
    const poison = {
      ...headers,
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      origin: 'https://evil.example',
    }
    const first = await fetch(`${proxy.url}/public`, { headers: poison })
    assert.doesNotMatch(JSON.stringify([...first.headers]), /evil/)
    assert.equal(first.headers.get('set-cookie'), null)
    const kept = await first.text()
    assert.doesNotMatch(kept, /evil/)
    const second = await fetch(`${proxy.url}/public`)
    assert.equal(await second.text(), kept)
    assert.equal(second.headers.get('x-cache'), 'HIT')
    // a body, which no cache looks at, changes nothing of what is kept for everybody
    const fat = await getWithBody(`${proxy.url}/public?fat`, '{"asked":"evil"}')
    assert.doesNotMatch(fat, /evil/)
    assert.equal(await (await fetch(`${proxy.url}/public?fat`)).text(), fat)
  })
})
