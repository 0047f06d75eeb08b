/** The examples of docs/dead-letters.md. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { countDeadLetters, type DeadPosition, listDeadLetters, redriveMatching } from 'millrace/queue'
import { sendMail } from '../../src/cli/fixture/app.ts'
import { type Desk, openDesk } from '../../src/cli/operators-test-kit.ts'
import { bury, rowsIn } from '../../src/queue/operators-test-kit.ts'
import { commandLinesOf } from './command-lines.ts'

async function withDeadLetters(count: number): Promise<Desk> {
  const desk = await openDesk()
  for (let n = 0; n < count; n++) await desk.submit(sendMail, { to: 'ada@example.com' })
  await bury(desk, 'mail', 'SMTP_DOWN')
  return desk
}

commandLinesOf('dead-letters')

describe('the code of docs/dead-letters.md', () => {
  test('redrives what an outage left behind, at a rate', async () => {
    await using desk = await withDeadLetters(3)
    const { db } = desk
    const told: object[] = []
    const log = { info: (facts: object, _: string) => told.push(facts) }
    // example: redrive
    const outage = { task: 'mail.send', code: 'SMTP_DOWN' }
    const { count, isEstimate } = await countDeadLetters(db, outage)
    const report = await redriveMatching(db, outage, {
      perSecond: 20,
      onProgress: (soFar) => log.info({ soFar, of: count, isEstimate }, 'redriving'),
    })
    log.info(report, 'redriven') // { count: 3, lastDueAt: 2026-11-24T19:22:27.150Z }
    // end of example
    assert.equal(report.count, 3)
    assert.deepEqual(told[0], { soFar: 3, of: 3, isEstimate: false })
    assert.equal(await rowsIn(desk, 'deferred'), 3)
  })

  test('goes through all of them, page by page', async () => {
    await using desk = await withDeadLetters(120)
    const { db } = desk
    const yesterday = new Date(Date.now() - 24 * 3_600_000)
    const reported = new Set<string>()
    const report = (id: string, _: string | null, __: readonly object[]): unknown => reported.add(id)
    // example: list
    const filter = { queue: 'mail', diedAfter: yesterday }
    let after: DeadPosition | undefined
    do {
      const page = await listDeadLetters(db, { limit: 100, filter, ...(after && { after }) })
      for (const letter of page) report(letter.id, letter.code, letter.errors)
      after = page.at(-1)
    } while (after !== undefined)
    // end of example
    assert.equal(reported.size, 120)
  })
})
