import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { dataErrors } from '../data/errors.ts'
import { workerErrors } from './errors.ts'
import { PermanentError } from './handler.ts'
import { backoffMs, outcomeOf, outcomeOfCrash } from './outcome.ts'

const retry = { attempts: 4, firstDelayMs: 1_000, delayMsMax: 5_000 }
const failed = (error: Error, attempt = 0) => outcomeOf({ error, attempt, crashes: 0, retry, nowMs: 0, random: 1 })

describe('what becomes of a failed attempt', () => {
  test('an ordinary error is tried again as long as attempts are left', () => {
    assert.equal(failed(new Error('x'), 0).kind, 'retry')
    assert.equal(failed(new Error('x'), 2).kind, 'retry')
    const last = failed(new Error('x'), 3)
    assert.deepEqual([last.kind, last.kind === 'failed' && last.reason], ['failed', 'attempts'])
  })

  test('a permanent error is not tried again, and keeps the code that its handler gave it', () => {
    const outcome = failed(new PermanentError('PHOTO_UNREADABLE', 'no picture'))
    assert.ok(outcome.kind === 'failed')
    assert.deepEqual(
      [outcome.reason, outcome.error.code, outcome.error.message],
      ['permanent', 'PHOTO_UNREADABLE', 'no picture'],
    )
  })

  test('an input or output that no schema accepts is permanent', () => {
    for (const make of [workerErrors.MILLRACE_WORKER_INPUT_INVALID, workerErrors.MILLRACE_WORKER_OUTPUT_INVALID])
      assert.equal(failed(make({ task: 't', violations: 'v' })).kind, 'failed')
  })

  test('a timeout is tried again; a cancelled job is not, and a drained one spends nothing', () => {
    assert.equal(failed(workerErrors.MILLRACE_WORKER_TIMEOUT({ task: 't', timeoutMs: 1 })).kind, 'retry')
    assert.equal(failed(workerErrors.MILLRACE_WORKER_CANCELLED({ jobId: 'j' })).kind, 'cancelled')
    assert.equal(failed(workerErrors.MILLRACE_WORKER_DRAINING({ jobId: 'j' }), 3).kind, 'returned')
  })

  test('an outage of the database spends no attempt', () => {
    assert.equal(failed(dataErrors.MILLRACE_DATA_UNREACHABLE({ why: 'gone' }), 3).kind, 'postponed')
    assert.equal(failed(dataErrors.MILLRACE_DATA_COMMIT_UNKNOWN({}), 3).kind, 'postponed')
  })

  test('the wait doubles from the first delay up to its bound, and chance takes up to a half of it away', () => {
    const waits = [0, 1, 2, 3, 30].map((attempt) => backoffMs(retry, attempt, 1))
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 5_000, 5_000])
    assert.equal(backoffMs(retry, 1, 0), 1_000)
  })

  test('an error is kept bounded and storable, whatever it says', () => {
    const outcome = failed(new Error(`nul \0 and \ud800 and ${'x'.repeat(10_000)}`))
    assert.ok(outcome.kind === 'retry')
    assert.ok(outcome.error.message.length <= 2_000 && !outcome.error.message.includes('\0'))
    assert.ok(outcome.error.message.isWellFormed())
  })

  test('a job that takes its process down stays in quarantine until the third time', () => {
    const crash = (crashes: number) => outcomeOfCrash({ error: new Error('gone'), crashes, nowMs: 0 }).kind
    assert.deepEqual([crash(0), crash(1), crash(2)], ['crashed', 'crashed', 'failed'])
  })
})
