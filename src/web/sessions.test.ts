import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { CLOCKS_APART_MS_MAX } from '../identity/accounts.ts'
import { localToken } from '../identity/local/secrets.ts'
import { newRandomId } from '../kernel/ids.ts'
import { IDLE_MS, LIFE_MS } from '../session/session.ts'
import { openedPeople, type TestPeople } from './identity-test-kit.ts'
import { problemIn, until } from './web-clients.test.ts'

interface Listed {
  readonly sessions: readonly { readonly id: string; readonly agent: string; readonly isThis: boolean }[]
}
const listed = async (answer: Response): Promise<Listed['sessions']> => ((await answer.json()) as Listed).sessions

/** Of the session that was begun last. */
async function secretOf(t: Pick<TestPeople, 'db'>): Promise<string | undefined> {
  const { rows } = await t.db.query<{ secret: Buffer }>(
    'select secret from millrace.session order by begun_at desc limit 1',
  )
  return rows[0]?.secret.toString('hex')
}

describe('the sessions that somebody has', () => {
  test('are listed with the browser that each is in, and which is this one; nobody else’s are', async () => {
    await using t = await openedPeople()
    const [phone, laptop, stranger] = [t.browser('a phone'), t.browser('a laptop'), t.browser()]
    await phone.login('ada')
    await laptop.login('ada')
    await stranger.login('grace')
    const sessions = await listed(await laptop.send('/identity/sessions'))
    assert.deepEqual(sessions.map(({ agent, isThis }) => [agent, isThis]).toSorted(), [
      ['a laptop', true],
      ['a phone', false],
    ])
  })

  test('end one by one, from any of them', async () => {
    await using t = await openedPeople()
    const [phone, laptop] = [t.browser('a phone'), t.browser('a laptop')]
    await phone.login('ada')
    await laptop.login('ada')
    const lost = (await listed(await laptop.send('/identity/sessions'))).find(({ isThis }) => !isThis)
    assert.equal((await laptop.send(`/identity/sessions/${lost?.id}`, { method: 'DELETE' })).status, 204)
    await problemIn(await phone.send('/identity/me'), 401, 'MILLRACE_WEB_LOGIN_NEEDED')
    assert.equal((await laptop.send('/identity/me')).status, 200)
    const again = await laptop.send(`/identity/sessions/${lost?.id}`, { method: 'DELETE' })
    await problemIn(again, 404, 'MILLRACE_WEB_SESSION_UNKNOWN')
  })

  test('end all at once but this one: sign out everywhere else', async () => {
    await using t = await openedPeople()
    const browsers = [t.browser(), t.browser(), t.browser()] as const
    for (const browser of browsers) await browser.login('ada')
    const answer = await browsers[0].send('/identity/sessions', { method: 'DELETE' })
    assert.deepEqual(await answer.json(), { ended: 2 })
    const statuses = await Promise.all(browsers.map(async (browser) => (await browser.send('/identity/me')).status))
    assert.deepEqual(statuses, [200, 401, 401])
  })

  test('C4: do not come back after a sign-out, though their store does as it was before', async () => {
    await using t = await openedPeople()
    const [lost, own] = [t.browser(), t.browser()]
    for (const browser of [lost, own]) await browser.login('ada')
    await t.db.query('create table earlier as select * from millrace.session')
    await t.advance(CLOCKS_APART_MS_MAX + 1_000)
    assert.deepEqual(await (await own.send('/identity/sessions', { method: 'DELETE' })).json(), { ended: 1 })
    await t.db.query('insert into millrace.session select * from earlier on conflict do nothing')
    await problemIn(await lost.send('/identity/me'), 401, 'MILLRACE_WEB_LOGIN_NEEDED')
    assert.equal((await own.send('/identity/me')).status, 200)
    await lost.login('ada')
    assert.equal((await lost.send('/identity/me')).status, 200)
  })

  test('C4: take the access tokens along that were made before a sign-out everywhere', async () => {
    await using t = await openedPeople()
    const made = async (): Promise<string> =>
      localToken(t.db, { id: 'ada', name: 'Ada Lovelace' }, { clock: t.clock, scopes: ['openid'] })
    const me = async (token: string): Promise<Response> =>
      t.browser().send('/identity/me', { headers: { authorization: `Bearer ${token}` } })
    const [before, browser] = [await made(), t.browser()]
    assert.equal((await me(before)).status, 200)
    await browser.login('ada')
    await t.advance(CLOCKS_APART_MS_MAX + 2_000)
    await browser.send('/identity/sessions', { method: 'DELETE' })
    await problemIn(await me(before), 401, 'MILLRACE_IDENTITY_TOKEN_INVALID')
    assert.equal((await me(await made())).status, 200)
  })

  test('U9, Z1: of somebody else are as if they were not there', async () => {
    await using t = await openedPeople()
    const [ada, grace] = [t.browser(), t.browser()]
    await ada.login('ada')
    await grace.login('grace')
    const [own] = await listed(await ada.send('/identity/sessions'))
    const told: unknown[] = []
    for (const id of [own?.id ?? '', newRandomId(), 'nonsense']) {
      const answer = await grace.send(`/identity/sessions/${id}`, { method: 'DELETE' })
      const { instance: _instance, detail, ...problem } = (await answer.json()) as Record<string, unknown>
      told.push({ ...problem, detail: String(detail).replace(id, '…') })
    }
    assert.deepEqual(told[0], told[1])
    assert.deepEqual(told[0], told[2])
    assert.equal((await ada.send('/identity/me')).status, 200)
  })

  test('C5: end when they are not used for a day, and after a month in any case', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    await t.advance(IDLE_MS + 1_000)
    assert.equal((await browser.send('/identity/me')).status, 401)
    browser.forget()
    await browser.login('ada')
    for (let ms = 0; ms < LIFE_MS - IDLE_MS; ms += IDLE_MS / 2) {
      const secret = await secretOf(t)
      await t.advance(IDLE_MS / 2)
      assert.equal((await browser.send('/identity/me')).status, 200)
      await until('it was renewed', async () => (await secretOf(t)) !== secret)
    }
    await t.advance(IDLE_MS / 2)
    await browser.send('/identity/me')
    await t.advance(IDLE_MS / 2)
    assert.equal((await browser.send('/identity/me')).status, 401)
  })

  test('are found by thousands of requests at once, each by its own', async () => {
    await using t = await openedPeople()
    const [ada, grace] = [t.browser(), t.browser()]
    await ada.login('ada')
    await grace.login('grace')
    const names = await Promise.all(
      Array.from({ length: 400 }, async (_, n) => {
        const answer = await (n % 2 === 0 ? ada : grace).send('/mine')
        return ((await answer.json()) as { is: string }).is
      }),
    )
    for (const [n, name] of names.entries()) assert.equal(name, n % 2 === 0 ? 'Ada Lovelace' : 'Grace Hopper')
  })
})
