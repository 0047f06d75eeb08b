/** The examples of docs/operating-queues.md. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { getQueue, listPaused, listQueues, pauseQueue, resumeQueue } from 'millrace/queue'
import { sendMail } from '../../src/cli/fixture/app.ts'
import { openDesk } from '../../src/cli/operators-test-kit.ts'
import { claimAll, endAll } from '../../src/queue/operators-test-kit.ts'
import { commandLinesOf } from './command-lines.ts'

commandLinesOf('operating-queues')

describe('the code of docs/operating-queues.md', () => {
  test('waits until a paused queue stands still', async () => {
    await using desk = await openDesk()
    const { db } = desk
    await desk.submit(sendMail, { to: 'ada@example.com' })
    const running = await claimAll(desk, 'mail')
    let looks = 0
    const sleep = async (_: number): Promise<void> => {
      looks += 1
      await endAll(desk, running, { kind: 'succeeded', result: null })
    }
    let pausedMeanwhile: unknown
    const migrateMailboxes = async (): Promise<void> => {
      pausedMeanwhile = (await listPaused(db)).queues[0]?.queue
    }
    // example: still
    await pauseQueue(db, 'mail')
    while ((await getQueue(db, 'mail')).running.count > 0) await sleep(1_000)
    await migrateMailboxes()
    await resumeQueue(db, 'mail')
    // end of example
    assert.deepEqual([looks, pausedMeanwhile, (await listPaused(db)).queues], [1, 'mail', []])
  })

  test('raises an alarm when jobs wait for long', async () => {
    await using desk = await openDesk()
    const { db } = desk
    await desk.submit(sendMail, { to: 'ada@example.com' })
    const now = Date.now() + 20 * 60_000
    const alarms: string[] = []
    const alarm = (text: string): unknown => alarms.push(text)
    // example: alarm
    for (const { queue, waiting, oldestSubmittedAt } of await listQueues(db)) {
      const ageMs = oldestSubmittedAt === null ? 0 : now - oldestSubmittedAt.getTime()
      if (ageMs > 10 * 60_000)
        alarm(`${queue}: ${waiting.count} jobs wait, the oldest for ${Math.round(ageMs / 60_000)} minutes`)
    }
    // end of example
    assert.deepEqual(alarms, ['mail: 1 jobs wait, the oldest for 20 minutes'])
  })
})
