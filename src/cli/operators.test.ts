/** `millrace queues`, `tasks`, `jobs` and `schedules`; for `dead` see dead.test.ts. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { newRandomId } from '../kernel/ids.ts'
import type { EndedJob } from '../queue/history.ts'
import type { StagedJob } from '../queue/job-stage.ts'
import { bury, claimAll, endAll, jobErrorOf } from '../queue/operators-test-kit.ts'
import type { QueueOverview } from '../queue/queues.ts'
import { startApp } from '../testing/started-app.ts'
import { testDatabase } from '../testing/test-database.ts'
import { importRow, renderPhoto, sendMail } from './fixture/app.ts'
import { APP, millrace, openDesk } from './operators-test-kit.ts'

const hasCode = (ran: { readonly stderr: string }, code: string): boolean => ran.stderr.includes(`code: ${code}`)

describe('commands for operators', () => {
  test('say what they can do, each of them', async () => {
    const help = async (...args: readonly string[]) => (await millrace(args, {})).stdout
    assert.match(await help('dead', '--help'), /^millrace dead \[list \| show/)
    assert.match(
      await help('dead', 'redrive', '--help'),
      /^millrace dead redrive \[<id> …\] \[options\] \[--json\]\n[\s\S]*--per-second n /,
    )
    assert.match(await help('queues', 'pause', '-h'), /^millrace queues pause <queue> … \[--json\]\n/)
    assert.match(await help('--help'), /^ {2}schedules {2,}/m)
  })

  test('name the command that was meant', async () => {
    const ran = await millrace(['queues', 'puase'], {})
    assert.deepEqual([ran.status, hasCode(ran, 'MILLRACE_CLI_SUBCOMMAND_UNKNOWN')], [78, true])
    assert.match(ran.stderr, /is pause meant\? \(it knows list, pause, resume\)/)
    assert.match((await millrace(['queues', 'list', '--jsno'], {})).stderr, /--jsno/)
    assert.match((await millrace(['queues', 'list', 'images'], {})).stderr, /images/)
    assert.ok(hasCode(await millrace(['queues', 'pause'], {}), 'MILLRACE_CLI_ARGUMENT_MISSING'))
  })

  test('say that they find no database', async () => {
    const ran = await millrace(['queues'], { MILLRACE_HOME: 'nowhere' })
    assert.deepEqual([ran.status, hasCode(ran, 'MILLRACE_CLI_NO_DATABASE')], [78, true])
  })

  test('refuse the database of another environment, and one that is not of this release', async () => {
    await using t = await testDatabase()
    const other = await millrace(['queues', 'pause', 'mail'], { DATABASE_URL: t.url, MILLRACE_ENV: 'production' })
    assert.deepEqual([other.status, hasCode(other, 'MILLRACE_DATA_WRONG_ENVIRONMENT')], [78, true])
    await t.db.query("delete from millrace.migration where id like 'queue/%'")
    const behind = await millrace(['queues'], { DATABASE_URL: t.url })
    assert.deepEqual([behind.status, hasCode(behind, 'MILLRACE_DATA_SCHEMA_BEHIND')], [1, true], 'again may help')
  })

  test('find the embedded database of a millrace start that runs beside them', { timeout: 60_000 }, async () => {
    const fixture = fileURLToPath(new URL('../plans/fixture/app.ts', import.meta.url))
    await using app = await startApp(fixture)
    const env = { MILLRACE_HOME: app.home }
    const { stdout, stderr } = await millrace(['queues', 'pause', 'default'], env)
    assert.match(stdout, /^default is paused since/, stderr)
    assert.match((await millrace(['queues', '--json'], env)).stdout, /"queue":"default","pausedAt":"20/)
    assert.match((await millrace(['dead', 'list'], env)).stdout, /no such dead letters/)
  })
})

describe('millrace queues', () => {
  test('shows what is in them, as a table and as JSON', async () => {
    await using desk = await openDesk()
    await desk.submitMany(sendMail, [{ to: 'a@example.com' }, { to: 'b@example.com' }])
    await desk.submit(importRow, { customer: 'ada' })
    await claimAll(desk, 'imports')
    const { stdout } = await desk.type('queues')
    assert.match(stdout, /^QUEUE +WAITING +RUNNING +SCHEDULED +PARKED +DEAD +OLDEST +STATE +RULES\n/)
    assert.match(stdout, /^mail +2 +0 +0 +0 +0 +\d+ s +open\n/m)
    assert.match(
      stdout,
      /^imports +0 +1 +0 +0 +0 +1 of 8 slots +8 at a time; 100 per 1 min; per key in order, 1 at a time; fair\n/m,
    )
    assert.match(stdout, /^clicks .* open +4 partitions\n/m)
    const { queues } = await desk.typeJson<{ queues: readonly QueueOverview[] }>(['queues', 'list'])
    const [clicks, images, imports, mail] = queues
    assert.deepEqual([clicks?.partitions, mail?.partitions], [4, 1])
    assert.deepEqual(
      [images?.queue, imports?.slots?.held, mail?.waiting],
      ['images', 1, { count: 2, isEstimate: false }],
    )
  })

  test('pauses and resumes, and names the queue that was meant', async () => {
    await using desk = await openDesk()
    assert.match(
      (await desk.type('queues', 'pause', 'mail', 'images')).stdout,
      /^mail is paused since .*\nimages is paused/,
    )
    assert.match((await desk.type('queues')).stdout, /^mail .*paused since 20/m)
    await desk.submit(sendMail, { to: 'a@example.com' })
    assert.deepEqual(await claimAll(desk, 'mail'), [])
    assert.deepEqual(await desk.typeJson(['queues', 'resume', 'mail']), { resumed: ['mail'] })
    assert.equal((await claimAll(desk, 'mail')).length, 1)
    const wrong = await desk.type('queues', 'pause', 'mial')
    assert.equal(wrong.status, 78)
    assert.match(wrong.stderr, /is mail meant\?/)
  })
})

describe('millrace tasks', () => {
  test('pauses and resumes what the application knows, and says how many jobs came back', async () => {
    await using desk = await openDesk()
    const wrong = await desk.type('tasks', 'pause', 'mail.sned', '--app', APP)
    assert.deepEqual([wrong.status, hasCode(wrong, 'MILLRACE_CLI_TASK_UNKNOWN')], [78, true])
    assert.match(wrong.stderr, /is mail\.send meant\?/)
    assert.match(
      (await desk.type('tasks', 'pause', 'mail.send', '--app', APP)).stdout,
      /^mail\.send is paused since [^\n]*\n$/,
    )
    assert.match((await desk.type('tasks', 'pause', 'old.task')).stdout, /were not checked/)
    assert.equal((await desk.type('tasks', 'pause', 'old.task', '--app', APP, '--unchecked')).status, 0)
    await desk.submit(sendMail, { to: 'a@example.com' })
    await claimAll(desk, 'mail')
    const listed = (await desk.type('tasks', '--app', APP)).stdout
    assert.match(listed, /^mail\.send +mail +1 +paused since/m)
    assert.match(listed, /^photo\.render +images +0 +open\n/m)
    assert.match(listed, /^old\.task +0 +paused since/m)
    assert.equal((await desk.type('tasks', 'resume', 'mail.send')).stdout, 'mail.send goes on: 1 job came back\n')
    assert.deepEqual(await desk.typeJson(['tasks', 'resume', 'old.task']), {
      resumed: [{ task: 'old.task', count: 0, isStopped: false }],
    })
    assert.equal((await claimAll(desk, 'mail')).length, 1)
  })
})

describe('millrace jobs', () => {
  interface Listed {
    readonly jobs: readonly StagedJob[]
    readonly next: string | null
  }

  test('lists the jobs of a stage, page by page', async () => {
    await using desk = await openDesk()
    const jobs = await desk.submitMany(
      sendMail,
      Array.from({ length: 5 }, () => ({ to: 'a@example.com' })),
    )
    const first = await desk.type('jobs', 'list', '--limit', '3')
    assert.match(first.stdout, /^ID +QUEUE +TASK +KEY +ATTEMPTS +AGE +PRIORITY\n/)
    const [, after = ''] = /\nMore: --after '([\d,]+)'\n$/.exec(first.stdout) ?? []
    const rest = await desk.typeJson<Listed>(['jobs', 'list', '--limit', '3', '--after', after])
    assert.deepEqual(
      rest.jobs.map((job) => job.id),
      jobs.slice(3).map((job) => job.id),
    )
    await claimAll(desk, 'mail')
    assert.match((await desk.type('jobs')).stdout, /^No job is waiting\.\n$/)
    const running = await desk.typeJson<Listed>(['jobs', '--stage', 'running', '--task', 'mail.send'])
    assert.equal(running.jobs.length, 5)
    for (const [args, code] of [
      [['--stage', 'lost'], 'MILLRACE_CLI_ARGUMENT_INVALID'],
      [['--limit', '0'], 'MILLRACE_CLI_ARGUMENT_INVALID'],
      [['--queue', 'nail'], 'MILLRACE_QUEUE_NO_SUCH_QUEUE'],
      [['--after', 'x'], 'MILLRACE_QUEUE_ARGUMENT_INVALID'],
    ] as const)
      assert.ok(hasCode(await desk.type('jobs', 'list', ...args), code), args.join(' '))
  })

  test('shows one, wherever it is, and what became of it', async () => {
    await using desk = await openDesk()
    const { id } = await desk.submit(renderPhoto, { photoId: 'p1' })
    assert.match(
      (await desk.type('jobs', 'show', id)).stdout,
      /^stage +waiting for a worker\nqueue +images\n[\s\S]*^operation +queued$/m,
    )
    await endAll(desk, await claimAll(desk, 'images'), { kind: 'retry', afterMs: 60_000, error: jobErrorOf('BUSY') })
    const { stdout } = await desk.type('jobs', 'show', id)
    assert.match(stdout, /^stage +scheduled: due 20[\s\S]*^input +\{"photoId":"p1"\}\nerrors, oldest first\n.* BUSY\n/m)
    const sighting = await desk.typeJson<{ job: StagedJob; operation: object; ended: null }>(['jobs', 'show', id])
    assert.deepEqual([sighting.job.stage, sighting.job.attempt, sighting.ended], ['scheduled', 1, null])
    const unknown = await desk.type('jobs', 'show', newRandomId())
    assert.deepEqual([unknown.status, hasCode(unknown, 'MILLRACE_QUEUE_JOB_NOT_FOUND')], [78, true])
  })

  test('shows one that has ended as long as anything is known of it', async () => {
    await using desk = await openDesk()
    const { id } = await desk.submit(renderPhoto, { photoId: 'p1' })
    await endAll(desk, await claimAll(desk, 'images'), { kind: 'succeeded', result: '{"renditions":3}' })
    const { stdout } = await desk.type('jobs', 'show', id)
    assert.match(stdout, /^stage +ended$[\s\S]*^operation +succeeded$[\s\S]*^result +\{"renditions":3\}$/m)
  })

  test('lists those that have ended, page by page', async () => {
    await using desk = await openDesk()
    await desk.submit(renderPhoto, { photoId: 'p1' })
    await endAll(desk, await claimAll(desk, 'images'), { kind: 'succeeded', result: '{"renditions":3}' })
    await desk.submitMany(
      sendMail,
      Array.from({ length: 3 }, () => ({ to: 'a@example.com' })),
    )
    const dead = await bury(desk, 'mail', 'SMTP_DOWN')
    const { stdout } = await desk.type('jobs', 'history')
    assert.match(stdout, /^ID +ENDED +STATUS +QUEUE +TASK +ATTEMPTS +LAST ERROR\n/)
    assert.match(stdout, / failed \(permanent\) +mail +mail\.send +\d +it met SMTP_DOWN\n/)
    assert.match(stdout, / succeeded +images +photo\.render +\d\n$/)
    const first = await desk.type('jobs', 'history', '--status', 'failed', '--limit', '2')
    const [, after = ''] = /\nMore: --after (\S+)\n$/.exec(first.stdout) ?? []
    const rest = await desk.typeJson<{ jobs: readonly EndedJob[]; next: null }>([
      ...['jobs', 'history', '--status', 'failed', '--queue', 'mail', '--task', 'mail.send', '--after', after],
    ])
    const unseen = dead.filter((id) => !first.stdout.includes(id))
    assert.deepEqual([rest.jobs.map(({ id }) => id), unseen.length, rest.next], [unseen, 1, null])
    assert.equal((await desk.type('jobs', 'history', '--status', 'cancelled')).stdout, 'No such job is remembered.\n')
    const wrong = await desk.type('jobs', 'history', '--queue', 'mial')
    assert.ok(hasCode(wrong, 'MILLRACE_QUEUE_NO_SUCH_QUEUE'))
  })

  test('cancels', async () => {
    await using desk = await openDesk()
    const tracked = await desk.submit(renderPhoto, { photoId: 'p1' })
    const later = await desk.submit(sendMail, { to: 'a@example.com' }, { delayMs: 60_000 })
    const { stdout } = await desk.type('jobs', 'cancel', tracked.id, later.id)
    assert.equal(stdout, `${tracked.id} is cancelled\n${later.id} is cancelled\n`)
    const now = await desk.submit(sendMail, { to: 'a@example.com' })
    const refused = await desk.type('jobs', 'cancel', now.id)
    assert.deepEqual([refused.status, hasCode(refused, 'MILLRACE_QUEUE_JOB_NOT_CANCELLABLE')], [78, true])
  })
})

describe('millrace schedules', () => {
  test('shows the last tick and the next ones', async () => {
    await using desk = await openDesk()
    const { stdout } = await desk.type('schedules', 'list', '--app', APP)
    assert.match(stdout, /^SCHEDULE +PATTERN +ZONE +TASK +LAST TICK +NEXT TICKS\n/)
    assert.match(stdout, /^digest\.nightly +30 3 \* \* \* +Europe\/Berlin +mail\.send +never +20\S+ 0[12]:30:00Z, /m)
    assert.match((await desk.type('schedules')).stdout, /^There are no schedules/)
    const { schedules } = await desk.typeJson<{ schedules: { nextAt: string[] }[] }>(['schedules', '--app', APP])
    assert.equal(schedules[0]?.nextAt.length, 3)
  })
})
