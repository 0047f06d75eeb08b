/** The examples of docs/payload-versions.md. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { task } from 'millrace'
import { handler, handlers } from 'millrace/worker'
import { z } from 'zod'
import { type TestQueue, testQueue } from '../../src/testing/test-worker.ts'
import { until } from '../../src/testing/until.ts'

function today() {
  // example: first
  const sendMail = task('mail.send', {
    input: z.object({ to: z.string(), text: z.string() }),
  })
  // end of example
  return sendMail
}

function tomorrow() {
  // example: second
  const sendMail = task('mail.send', {
    version: 2,
    input: z.object({ to: z.array(z.string()).min(1), text: z.string() }),
    upcast: {
      1: (old: { to: string; text: string }) => ({ to: [old.to], text: old.text }),
    },
  })
  // end of example
  return sendMail
}

function later() {
  // example: third
  const sendMail = task('mail.send', {
    version: 3,
    input: z.object({ to: z.array(z.string()).min(1), html: z.string() }),
    upcast: {
      1: (old: { to: string; text: string }) => ({ to: [old.to], text: old.text }),
      2: (old: { to: string[]; text: string }) => ({ to: old.to, html: `<pre>${old.text}</pre>` }),
    },
  })
  // end of example
  return sendMail
}

const sent: unknown[] = []
const send = async (mail: unknown): Promise<void> => void sent.push(mail)

function runsTomorrow(sendMail: ReturnType<typeof tomorrow>) {
  // example: handler
  const sending = handler(sendMail, async ({ input }) => {
    for (const to of input.to) await send({ to, text: input.text })
  })
  // end of example
  return handlers([{ task: sendMail, load: async () => ({ default: sending }) }])
}

async function parkedCount(q: TestQueue): Promise<number> {
  // example: parked
  const { rows } = await q.db.query(
    `select task, version, count(*) as jobs, min(parked_at) as since
       from millrace.parked where why = 'unknown' group by task, version`,
  )
  // end of example
  return rows.reduce((sum: number, row) => sum + Number((row as { jobs: string }).jobs), 0)
}

describe('the mails of the page', () => {
  test('of both releases are sent by the second one', async () => {
    await using q = await testQueue([today()])
    await q.submit(today(), { to: 'ada@example.org', text: 'Hi' })
    await q.submit(tomorrow(), { to: ['bob@example.org', 'cy@example.org'], text: 'Hi' })
    await q.work(runsTomorrow(tomorrow()), { release: [tomorrow()] })
    await until('all are sent', () => sent.length === 3)
    assert.deepEqual(
      new Set(sent),
      new Set(['ada', 'bob', 'cy'].map((name) => ({ to: `${name}@example.org`, text: 'Hi' }))),
    )
  })

  test('of the third release wait while the second is all there is', async () => {
    await using q = await testQueue([today()])
    await q.work(runsTomorrow(tomorrow()), { release: [tomorrow()] })
    await q.submit(later(), { to: ['ada@example.org'], html: '<p>Hi</p>' })
    await until('it is parked', async () => (await parkedCount(q)) === 1)
  })

  test('of the first release reach the third', async () => {
    await using q = await testQueue([today()])
    const done = Promise.withResolvers<unknown>()
    const sendMail = later()
    const run = handler(sendMail, async ({ input }) => done.resolve(input))
    await q.work(handlers([{ task: sendMail, load: async () => ({ default: run }) }]), { release: [sendMail] })
    await q.submit(today(), { to: 'ada@example.org', text: 'Hi' })
    assert.deepEqual(await done.promise, { to: ['ada@example.org'], html: '<pre>Hi</pre>' })
  })
})
