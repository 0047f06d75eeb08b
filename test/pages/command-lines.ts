/** The command lines of a page, typed one after the other beside a database that has what they name. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { renderPhoto, sendMail } from '../../src/cli/fixture/app.ts'
import { APP, type Desk, millrace, openDesk } from '../../src/cli/operators-test-kit.ts'

const DEAD = '01a20f02-6fbf-70e2-b704-80e2a9e5ce0b'
const SCHEDULED = '01a20f02-6fde-7f68-8ddc-78aafec386a2'

/** Declares a test for each block of command lines in docs/<page>.md: every line succeeds. */
export function commandLinesOf(page: string): void {
  const text = readFileSync(join(dirname(import.meta.dirname), '..', 'docs', `${page}.md`), 'utf8')
  const blocks = [...text.matchAll(/```sh\n(.*?)```\n(?:\n```text\n(.*?)\n)?/gs)]

  describe(`the command lines of docs/${page}.md`, () => {
    test('there are some', () => assert.ok(blocks.length > 0))
    for (const [, block = '', heads] of blocks) {
      const lines = block.trimEnd().split('\n')
      test(`succeed: ${lines[0]} …`, async () => {
        await using desk = await openDesk()
        for (const line of lines) {
          await fill(desk)
          const { status, stdout, stderr } = await millrace(
            wordsOf(line),
            { DATABASE_URL: desk.url },
            { folder: dirname(APP) },
          )
          assert.equal(status, 0, `${line}\n${stdout}${stderr}`)
          if (heads !== undefined) assert.deepEqual(stdout.split('\n', 1)[0]?.split(/ +/), heads.split(/ +/))
        }
      })
    }
  })
}

/** Words as a shell would split them: by spaces, but for what stands in single quotes. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  assert.deepEqual(words.slice(0, 2), ['npx', 'millrace'])
  return words.slice(2)
}

/** What the lines name: a dead letter, which is remembered, and a scheduled job of these ids, some jobs that wait. */
async function fill(desk: Desk): Promise<void> {
  const lane = desk.lanes.get('mail').ready.normal
  await desk.submit(sendMail, { to: 'ada@example.com' })
  await desk.submit(renderPhoto, { photoId: 'p1' })
  await desk.db.query(
    `insert into millrace.dead (id, lane, task, tracked, attempt, crashes, payload, reason, errors, died_at)
     values ($1, $2, 'mail.send', false, 1, 0, '{}', 'permanent', '[{"code": "SMTP_DOWN", "message": "no", "at": "now"}]',
             millrace.now()) on conflict do nothing`,
    [DEAD, lane],
  )
  await desk.db.query(
    `insert into millrace.deferred (due_at, id, lane, task, tracked, payload)
     select millrace.now() + interval '1 h', $1, $2, 'mail.send', false, '{}'
      where not exists (select from millrace.deferred where id = $1)`,
    [SCHEDULED, lane],
  )
  await desk.db.query(
    `insert into millrace.history (ended_at, id, lane, task, status, reason, attempt, crashes)
     values (millrace.now(), $1, $2, 'mail.send', 'failed', 'permanent', 1, 0)`,
    [DEAD, lane],
  )
}
