/** Jobs and their operations belong to who submitted them, and act with their rights. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { defineApp } from '../app/define-app.ts'
import { anyone, role, signedIn } from '../contract/access.ts'
import { task } from '../contract/task.ts'
import { newRandomId } from '../kernel/ids.ts'
import { redriveMatching } from '../queue/redrive.ts'
import { TOUCH_MS } from '../session/session.ts'
import { runs } from '../testing/fixture/app-of.ts'
import { type TestApp, testApp } from '../testing/test-app.ts'
import { handlers } from '../worker/handler.ts'
import { whoIs } from './access.ts'
import { acceptedAnswer } from './answers.ts'
import { TestBrowser } from './browser-test-kit.ts'
import { front } from './front.ts'
import { idempotent } from './idempotency.ts'
import { problemIn, SseReader, until } from './web-clients.test.ts'

const report = task('report', { input: z.object({ on: z.string() }), output: z.object({ by: z.string() }) })
const child = task('child', { input: z.object({}), output: z.object({ by: z.string() }) })
const purge = task('purge', { input: z.object({}), tracked: true, access: role('editor') })
/** Stores a job in nobody's name of which nobody is told, as a process does that ends at once. */
const leaveJob = `insert into millrace.entry (lane, id, task, tracked, payload)
  select id, gen_random_uuid(), 'report', false, $1 from millrace.lane
   where queue = 'default' and kind = 'ready' and priority = 'normal'`
/** What the handlers of a test did, in whose name. */
type Did = (readonly [task: string, actor: string | undefined])[]

async function opened(): Promise<TestApp & { readonly did: Did; login(user: string): Promise<TestBrowser> }> {
  const did: Did = []
  const app = defineApp({
    name: 'fixture',
    tasks: [report, child, purge],
    identity: {
      roles: ['editor'],
      localUsers: [
        { id: 'ada', name: 'Ada', roles: ['editor'] },
        { id: 'grace', name: 'Grace' },
      ],
    },
    web: async () => ({
      default: front((web, { submit, db }) => {
        const body = z.object({ on: z.string() })
        web.post('/reports', { config: { access: signedIn }, schema: { body } }, async (request, reply) =>
          reply.accepted(await submit(report, request.body)),
        )
        web.post('/once', { config: { access: signedIn }, schema: { body } }, async (request, reply) =>
          reply.answer(
            await idempotent(request, { scope: 'POST /once', fingerprint: request.body }, async () =>
              acceptedAnswer(await submit(report, request.body)),
            ),
          ),
        )
        web.post('/delayed', { config: { access: signedIn } }, async (_request, reply) =>
          reply.accepted(await db.transaction(() => submit(report, { on: 'later' }, { delayMs: 60_000 })), {
            status: 'scheduled',
          }),
        )
        web.post('/purges', { config: { access: anyone } }, async (request, reply) => {
          if (request.url.endsWith('?ask')) await whoIs(request)
          return reply.accepted(await submit(purge, {}))
        })
        web.post('/debounced', { config: { access: signedIn } }, async (_request, reply) =>
          reply.accepted(await submit(report, { on: 'silence' }, { debounce: { key: 'all', waitMs: 1_000 } })),
        )
        web.post('/anonymous', { config: { access: anyone } }, async (_request, reply) =>
          reply.accepted(await submit(report, { on: 'nobody' })),
        )
      }),
    }),
    worker: async () => ({
      default: handlers([
        runs(report, async ({ input, actor, submit, db }) => {
          did.push(['report', actor?.name])
          if (input.on === 'children' || input.on === 'nobody’s child') await submit(child, {})
          if (input.on === 'others')
            await db.transaction(async (tx) => {
              await tx.query(leaveJob, [JSON.stringify({ on: 'nobody’s child' })])
              await submit(report, { on: 'x' })
            })
          return { by: actor?.name ?? 'nobody' }
        }),
        runs(child, async ({ actor }) => {
          did.push(['child', actor?.name])
          return { by: actor?.name ?? 'nobody' }
        }),
        runs(purge, async ({ actor }) => {
          did.push(['purge', actor?.name])
        }),
      ]),
    }),
  })
  const t = await testApp(app)
  const url = await t.url()
  return {
    ...t,
    did,
    async login(user) {
      const browser = new TestBrowser(url)
      await browser.login(user)
      return browser
    },
  }
}

const json = { 'content-type': 'application/json' }
const submitted = async (browser: TestBrowser, on = 'x'): Promise<string> => {
  const answer = await browser.send('/reports', { method: 'POST', headers: json, body: JSON.stringify({ on }) })
  assert.equal(answer.status, 202)
  return answer.headers.get('location') ?? ''
}

describe('Z1: an operation', () => {
  test('is its submitter’s: to another it is as if it were not there, whatever is asked of it', async () => {
    await using t = await opened()
    const [ada, grace] = [await t.login('ada'), await t.login('grace')]
    const path = await submitted(ada)
    const absent = `/operations/${newRandomId()}`
    const told = async (at: string, method: string, browser: TestBrowser): Promise<unknown> => {
      const answer = await browser.send(at, { method })
      const { instance: _instance, detail, ...rest } = (await answer.json()) as Record<string, unknown>
      return [answer.status, rest, String(detail).replace(/[0-9a-f-]{36}/, '…')]
    }
    const stranger = new TestBrowser(await t.url())
    for (const browser of [grace, stranger])
      for (const [suffix, method] of [
        ['', 'GET'],
        ['', 'DELETE'],
        ['/events', 'GET'],
        ['?wait=1', 'GET'],
      ] as const)
        assert.deepEqual(
          await told(`${path}${suffix}`, method, browser),
          await told(`${absent}${suffix}`, method, browser),
          `${method} ${suffix}`,
        )
    assert.equal((await ada.send(path)).status, 200)
    assert.equal((await t.operation(path.split('/').at(-1) ?? '')).status, 'queued')
  })

  test('of a request without a login is for whoever knows its id', async () => {
    await using t = await opened()
    const stranger = new TestBrowser(await t.url())
    const answer = await stranger.send('/anonymous', { method: 'POST' })
    assert.equal((await (await t.login('grace')).send(answer.headers.get('location') ?? '')).status, 200)
  })

  test('is owned when it is delayed, in bulk, and after it was redriven', async () => {
    await using t = await opened()
    const ada = await t.login('ada')
    const answer = await ada.send('/delayed', { method: 'POST' })
    const path = answer.headers.get('location') ?? ''
    await problemIn(await (await t.login('grace')).send(path), 404, 'MILLRACE_QUEUE_OPERATION_UNKNOWN')
    await t.advance(61_000)
    await t.untilIdle()
    assert.deepEqual(t.did, [['report', 'Ada']])
    assert.equal((await ada.send(path)).status, 200)
  })

  test('Z4, Q9: is no longer followed by who has logged out, or was disabled, within a second or so', async () => {
    await using t = await opened()
    for (const end of [
      (browser: TestBrowser) => browser.send('/identity/logout', { method: 'POST' }),
      () => t.db.query('update millrace.account set disabled_at = millrace.now()'),
    ]) {
      const ada = await t.login('ada')
      const reader = new SseReader(await ada.send(`${await submitted(ada)}/events`))
      assert.equal((await reader.next())?.event, 'operation')
      await end(ada)
      await t.advance(1_100)
      assert.equal(await reader.next(), undefined)
    }
  })

  test('Z4: that somebody waits for is not told to who has logged out meanwhile', async () => {
    await using t = await opened()
    const ada = await t.login('ada')
    const path = await submitted(ada)
    await t.advance(TOUCH_MS + 1_000)
    const waiting = ada.send(`${path}?wait=20`)
    await until('the waiting request was let in', async () => {
      const { rows } = await t.db.query('select from millrace.session where seen_at > begun_at')
      return rows.length > 0
    })
    await ada.send('/identity/logout', { method: 'POST' })
    await t.untilIdle()
    await problemIn(await waiting, 404, 'MILLRACE_QUEUE_OPERATION_UNKNOWN')
  })
})

describe('Z9: an idempotency key', () => {
  test('is its user’s: the same one of another is another, and with another request it is refused', async () => {
    await using t = await opened()
    const [ada, grace] = [await t.login('ada'), await t.login('grace')]
    const send = async (browser: TestBrowser, on: string): Promise<Response> => {
      const headers = { ...json, 'idempotency-key': 'k' }
      return browser.send('/once', { method: 'POST', headers, body: JSON.stringify({ on }) })
    }
    const [first, again, other] = [await send(ada, 'a'), await send(ada, 'a'), await send(grace, 'a')]
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    assert.deepEqual(await again.json(), await first.json())
    assert.equal(other.headers.get('idempotency-replayed'), null)
    await problemIn(await send(ada, 'b'), 422, 'MILLRACE_WEB_IDEMPOTENCY_MISMATCH')
  })
})

describe('Z5: a job', () => {
  test('runs in the name of who submitted it, and so do those that its handler submits', async () => {
    await using t = await opened()
    await submitted(await t.login('ada'), 'children')
    await submitted(await t.login('grace'), 'x')
    await t.submit(report, { on: 'a schedule' })
    await t.untilIdle()
    assert.deepEqual(t.did.map((one) => one.join(' ')).toSorted(), [
      'child Ada',
      'report ',
      'report Ada',
      'report Grace',
    ])
  })

  test('is nobody’s, and so is what it submits, also when somebody’s hint has brought it', async () => {
    await using t = await opened()
    await submitted(await t.login('ada'), 'others')
    await t.untilIdle()
    assert.deepEqual(t.did.map((one) => one.join(' ')).toSorted(), ['child ', 'report ', 'report Ada', 'report Ada'])
    const { rows } = await t.db.query(`select owner from millrace.operation where task = 'child'`)
    assert.deepEqual(rows, [{ owner: null }])
  })

  test('that waits for silence waits for each person’s own', async () => {
    await using t = await opened()
    const [ada, grace] = [await t.login('ada'), await t.login('grace')]
    for (const browser of [ada, grace, ada]) await browser.send('/debounced', { method: 'POST' })
    await t.advance(1_000)
    await t.untilIdle()
    assert.deepEqual(t.did.map((one) => one.join(' ')).toSorted(), ['report Ada', 'report Grace'])
  })

  test('that needs a role is not taken from who has it not, nor from nobody', async () => {
    await using t = await opened()
    const browsers = [await t.login('grace'), new TestBrowser(await t.url())]
    for (const browser of browsers)
      await problemIn(await browser.send('/purges', { method: 'POST' }), 403, 'MILLRACE_QUEUE_SUBMIT_DENIED')
    assert.equal((await t.enqueued(purge)).length, 0)
  })

  test('is in the name of who asks, also where anyone may, once the route has asked who it is', async () => {
    await using t = await opened()
    const ada = await t.login('ada')
    const path = (await ada.send('/purges?ask', { method: 'POST' })).headers.get('location') ?? ''
    await t.untilIdle()
    assert.deepEqual(t.did, [['purge', 'Ada']])
    await problemIn(await new TestBrowser(await t.url()).send(path), 404, 'MILLRACE_QUEUE_OPERATION_UNKNOWN')
  })

  test('is a dead letter when who submitted it may no longer, and runs when they may again', async () => {
    await using t = await opened()
    const ada = await t.login('ada')
    await submitted(ada)
    await ada.send('/purges?ask', { method: 'POST' })
    const change = async (set: string, codes: readonly string[]): Promise<void> => {
      await t.db.query(`update millrace.account set ${set} where name = 'Ada'`)
      await redriveMatching(t.db, {})
      await t.untilIdle()
      assert.deepEqual((await t.dead()).map((dead) => dead.errors.at(-1)?.code).toSorted(), codes)
    }
    await change('disabled_at = millrace.now()', ['MILLRACE_WORKER_ACTOR_GONE', 'MILLRACE_WORKER_ACTOR_GONE'])
    assert.deepEqual(t.did, [])
    await change(`disabled_at = null, roles = '{}'`, ['MILLRACE_WORKER_ACTOR_DENIED'])
    assert.deepEqual(t.did, [['report', 'Ada']])
    await change(`roles = '{editor}'`, [])
    assert.deepEqual(t.did, [
      ['report', 'Ada'],
      ['purge', 'Ada'],
    ])
  })
})
