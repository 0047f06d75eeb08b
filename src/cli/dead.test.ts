import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { newRandomId } from '../kernel/ids.ts'
import type { DeadLetter } from '../queue/dead-letters.ts'
import { bury, claimAll, endAll, rowsIn } from '../queue/operators-test-kit.ts'
import { REDRIVE_BLOCK_MAX } from '../queue/redrive.ts'
import { until } from '../testing/until.ts'
import { sendMail } from './fixture/app.ts'
import { APP, type Desk, millrace, openDesk } from './operators-test-kit.ts'

interface Listed {
  readonly deadLetters: readonly DeadLetter[]
  readonly total: { readonly count: number; readonly isEstimate: boolean }
  readonly next: string | null
}

/** Dead letters of mail.send. Answers their ids. */
async function dead(desk: Desk, code: string, count: number): Promise<readonly string[]> {
  await desk.submitMany(
    sendMail,
    Array.from({ length: count }, () => ({ to: 'ada@example.com' })),
  )
  return bury(desk, 'mail', code)
}

const hasCode = (ran: { readonly stderr: string }, code: string): boolean => ran.stderr.includes(`code: ${code}`)

describe('millrace dead list', () => {
  test('shows what is meant, page by page, as a table and as JSON', async () => {
    await using desk = await openDesk()
    const ids = await dead(desk, 'SMTP_DOWN', 5)
    await dead(desk, 'SMTP_REFUSED', 1)
    const first = await desk.type('dead', 'list', '--code', 'SMTP_DOWN', '--limit', '3')
    assert.match(first.stdout, /^ID +DIED +QUEUE +TASK +REASON +CODE +LAST ERROR\n/)
    assert.equal(first.stdout.match(/mail +mail\.send +permanent +SMTP_DOWN +it met SMTP_DOWN/g)?.length, 3)
    const [, after = ''] = /\n5 in all\. More: --after (\S+)\n$/.exec(first.stdout) ?? []
    const rest = await desk.typeJson<Listed>(['dead', 'list', '--code', 'SMTP_DOWN', '--after', after])
    assert.deepEqual([rest.deadLetters.length, rest.total, rest.next], [2, { count: 5, isEstimate: false }, null])
    for (const { id } of rest.deadLetters) assert.ok(ids.includes(id) && !first.stdout.includes(id))
    assert.match((await desk.type('dead', '--task', 'photo.render')).stdout, /no such dead letters/)
  })

  test('takes moments as dates, or as so long ago', async () => {
    await using desk = await openDesk()
    await dead(desk, 'X', 1)
    const count = async (...args: readonly string[]) =>
      (await desk.typeJson<Listed>(['dead', 'list', ...args])).deadLetters.length
    assert.deepEqual([await count('--died-after', '1h'), await count('--died-before', '1h')], [1, 0])
    assert.equal(await count('--died-after', '2020-01-01', '--died-before', '2020-01-02T00:00:00+01:00'), 0)
    const wrong = await desk.type('dead', 'list', '--died-after', 'yesterday')
    assert.deepEqual([wrong.status, hasCode(wrong, 'MILLRACE_CLI_ARGUMENT_INVALID')], [78, true])
  })

  test('names the queue that was meant', async () => {
    await using desk = await openDesk()
    const { status, stderr } = await desk.type('dead', 'list', '--queue', 'imagse')
    assert.equal(status, 78)
    assert.match(
      stderr,
      /there is no queue imagse; is images meant\?\n {2}what to do: .*\n {2}code: MILLRACE_QUEUE_NO_SUCH_QUEUE/,
    )
  })
})

describe('millrace dead show', () => {
  test('shows the input and the errors of all attempts', async () => {
    await using desk = await openDesk()
    const [id = ''] = await dead(desk, 'SMTP_DOWN', 1)
    const { stdout } = await desk.type('dead', 'show', id)
    assert.match(stdout, /^input +\{"to":"ada@example.com"\}$/m)
    assert.match(stdout, /errors, oldest first\n {2}2026-01-01T00:00:00.000Z {2}SMTP_DOWN\n {4}it met SMTP_DOWN\n$/)
    const { deadLetter } = await desk.typeJson<{ deadLetter: DeadLetter }>(['dead', 'show', id])
    assert.deepEqual([deadLetter.id, deadLetter.errors.length], [id, 1])
    const unknown = await desk.type('dead', 'show', newRandomId())
    assert.deepEqual([unknown.status, hasCode(unknown, 'MILLRACE_QUEUE_DEAD_LETTER_UNKNOWN')], [78, true])
    assert.ok(hasCode(await desk.type('dead', 'show', 'no-id'), 'MILLRACE_CLI_ARGUMENT_INVALID'))
  })

  test('lets nothing that a job says steer the terminal', async () => {
    await using desk = await openDesk()
    await desk.submit(sendMail, { to: 'ada@example.com' })
    const error = {
      code: 'X\u001b[2J',
      message: 'a\u001b]0;owned\u0007\n\u202eb\u009b1m',
      at: '2026-01-01T00:00:00.000Z',
    }
    const jobs = await claimAll(desk, 'mail')
    await endAll(desk, jobs, { kind: 'failed', error, reason: 'permanent' })
    for (const args of [['list'], ['show', jobs[0]?.id ?? '']]) {
      const { stdout } = await desk.type('dead', ...args)
      assert.match(stdout, /\\u001b/)
      for (const steering of ['\u001b', '\u0007', '\u009b', '\u202e']) assert.ok(!stdout.includes(steering))
    }
  })
})

describe('millrace dead redrive', () => {
  test('redrives ids, and says which of them were none', async () => {
    await using desk = await openDesk()
    const [first = '', second = ''] = await dead(desk, 'X', 2)
    assert.match((await desk.type('dead', 'redrive', first)).stdout, /^1 dead letter is redriven\n$/)
    const again = await desk.typeJson<object>(['dead', 'redrive', first, second], 1)
    assert.deepEqual(again, { redriven: 1, missing: 1, isStopped: false, lastDueAt: null })
  })

  test('redrives what fits, at a rate, and all only when it is told so', async () => {
    await using desk = await openDesk()
    await dead(desk, 'SMTP_DOWN', 3)
    await dead(desk, 'OTHER', 1)
    const unsaid = await desk.type('dead', 'redrive')
    assert.deepEqual([unsaid.status, hasCode(unsaid, 'MILLRACE_CLI_ARGUMENT_MISSING')], [78, true])
    const both = await desk.type('dead', 'redrive', '--all', '--code', 'OTHER')
    assert.ok(hasCode(both, 'MILLRACE_CLI_ARGUMENT_INVALID'))
    const report = await desk.typeJson<{ redriven: number; lastDueAt: string }>([
      ...['dead', 'redrive', '--code', 'SMTP_DOWN', '--per-second', '0.5'],
    ])
    assert.deepEqual([report.redriven, await rowsIn(desk, 'deferred'), await rowsIn(desk, 'entry')], [3, 3, 0])
    assert.ok(Date.parse(report.lastDueAt) > 0)
    assert.match((await desk.type('dead', 'redrive', '--all')).stdout, /^1 dead letter is redriven\n$/)
    assert.match((await desk.type('dead', 'redrive', '--all')).stdout, /^0 dead letters are redriven\n$/)
  })

  test('takes another input, when it fits the schema of the task', async () => {
    await using desk = await openDesk()
    const [id = ''] = await dead(desk, 'X', 1)
    const given = (input: string, ...more: readonly string[]) =>
      desk.type('dead', 'redrive', id, '--input', input, ...more)
    assert.ok(hasCode(await given('{}'), 'MILLRACE_CLI_APP_MISSING'))
    assert.ok(hasCode(await given('{', '--app', APP), 'MILLRACE_CLI_ARGUMENT_INVALID'))
    const unfit = await given('{"to":"nobody"}', '--app', APP)
    assert.deepEqual([unfit.status, hasCode(unfit, 'MILLRACE_QUEUE_INPUT_INVALID')], [78, true])
    assert.equal(await rowsIn(desk, 'dead'), 1)
    assert.equal((await given('{"to":"grace@example.com"}', '--app', APP)).status, 0)
    const [job] = await claimAll(desk, 'mail')
    assert.deepEqual(job?.entry.inputOf(0), { to: 'grace@example.com' })
  })

  test('asked to stop half way, ends in good order and says so', async () => {
    await using desk = await openDesk()
    const count = 30 * REDRIVE_BLOCK_MAX
    await desk.db.query(
      `insert into millrace.dead (id, lane, task, tracked, attempt, crashes, payload, reason, died_at)
       select gen_random_uuid(), $1, 'mail.send', false, 1, 0, '{}', 'permanent', now() from generate_series(1, $2)`,
      [desk.lanes.get('mail').ready.normal, count],
    )
    const onStart = (kill: (signal: NodeJS.Signals) => void): void =>
      void until('it has begun', async () => (await rowsIn(desk, 'entry')) > 0).then(() => kill('SIGINT'))
    const { status, stdout } = await millrace(['dead', 'redrive', '--all'], { DATABASE_URL: desk.url }, { onStart })
    assert.equal(status, 1, stdout)
    assert.match(stdout, /stopped half way: the others are as they were/)
    const redriven = Number(/^([\d,]+) dead/.exec(stdout)?.[1]?.replaceAll(',', ''))
    assert.deepEqual([await rowsIn(desk, 'entry'), await rowsIn(desk, 'dead')], [redriven, count - redriven])
    assert.ok(redriven > 0 && redriven < count)
  })
})

describe('millrace dead discard', () => {
  test('says what it would do, and does it with --yes', async () => {
    await using desk = await openDesk()
    await dead(desk, 'X', 2)
    const asked = await desk.type('dead', 'discard', '--all')
    assert.deepEqual([asked.status, hasCode(asked, 'MILLRACE_CLI_NOT_CONFIRMED')], [78, true])
    assert.match(asked.stderr, /2 dead letters for good/)
    assert.equal(await rowsIn(desk, 'dead'), 2)
    assert.deepEqual(await desk.typeJson(['dead', 'discard', '--all', '--yes']), {
      discarded: 2,
      missing: 0,
      isStopped: false,
    })
    assert.equal(await rowsIn(desk, 'dead'), 0)
  })
})
