import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { dataErrors } from '../data/errors.ts'
import { workerErrors } from './errors.ts'
import { PermanentError, RetryLater } from './handler.ts'
import {
  backoffMs,
  type FailedAttempt,
  outcomeOf,
  outcomeOfCrash,
  RETRY_AFTER_MS_MAX,
  SNOOZE_MS_MIN,
} from './outcome.ts'

const retry = { attempts: 4, firstDelayMs: 1_000, delayMsMax: 5_000 }
const failed = (error: Error, attempt = 0) => outcomeOf({ error, attempt, retry, nowMs: 0, random: 1 })

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

describe('when a failed attempt is tried again', () => {
  /** The kind of the outcome, and its wait. */
  const outcome = (error: Error, more: Partial<FailedAttempt> = {}) => {
    const made = outcomeOf({ error, attempt: 0, retry, nowMs: 1_000, random: 1, ...more })
    return [made.kind, 'afterMs' in made ? made.afterMs : 'reason' in made ? made.reason : undefined]
  }
  const told = (facts: object) => Object.assign(new Error('busy'), facts)
  const policy = (decision: 'retry' | 'permanent' | { afterMs: number } | undefined) => ({
    retry: { ...retry, forError: () => decision },
  })
  const last = { attempt: retry.attempts - 1 }
  const invalid = workerErrors.MILLRACE_WORKER_OUTPUT_INVALID({ task: 't', violations: 'v' })

  for (const [what, error, more, expected] of [
    ['no remote service shortens the backoff', told({ retryAfterMs: 1 }), {}, ['retry', 1_000]],
    ['a remote service lengthens it', told({ retryAfter: '7' }), {}, ['retry', 7_000]],
    ['a remote service may name a date', told({ retryAfter: new Date(10_000) }), {}, ['retry', 9_000]],
    ['a date that is past is none', told({ retryAfter: new Date(0) }), {}, ['retry', 1_000]],
    ['a remote service is obeyed as far as the bound', told({ retryAfter: 1e9 }), {}, ['retry', RETRY_AFTER_MS_MAX]],
    ['a remote service gives no further attempt', told({ retryAfter: '7' }), last, ['failed', 'attempts']],
    ['a handler names its own wait', new RetryLater(5), {}, ['retry', 5]],
    ['its wait is bounded', new RetryLater(Number.POSITIVE_INFINITY), {}, ['retry', RETRY_AFTER_MS_MAX]],
    ['a wait that is none is the backoff', new RetryLater(Number.NaN), {}, ['retry', 1_000]],
    ['a wait before now is none', new RetryLater(-5), {}, ['retry', 0]],
    ['its own wait spends an attempt', new RetryLater(5), last, ['failed', 'attempts']],
    ['unless it says that it does not', new RetryLater(5_000, { spendsAttempt: false }), last, ['postponed', 5_000]],
    ['which never spins', new RetryLater(0, { spendsAttempt: false }), {}, ['postponed', SNOOZE_MS_MIN]],
    ['the policy may say nothing', new Error('x'), policy(undefined), ['retry', 1_000]],
    ['the policy may give up', new Error('x'), policy('permanent'), ['failed', 'permanent']],
    ['the policy may name a wait', new Error('x'), policy({ afterMs: 5 }), ['retry', 5]],
    ['which no remote service finds too short', told({ retryAfter: 7 }), policy({ afterMs: 5 }), ['retry', 7_000]],
    ['the policy gives no further attempt', new Error('x'), { ...policy('retry'), ...last }, ['failed', 'attempts']],
    ['the policy may forgive what is permanent', invalid, policy('retry'), ['retry', 1_000]],
    ['but not what its handler calls so', new PermanentError('NO', 'no'), policy('retry'), ['failed', 'permanent']],
  ] as const) {
    test(what, () => assert.deepEqual(outcome(error, more), expected))
  }

  test('a job whose time would be up by then fails now, and says what went wrong last', () => {
    const limit = (leftMs: number) => ({ limit: { leftMs, late: (why: string) => new Error(`too late: ${why}`) } })
    assert.deepEqual(outcome(new Error('x'), limit(1_001)), ['retry', 1_000])
    assert.deepEqual(outcome(new Error('x'), limit(1_000)), ['failed', 'attempts'])
    assert.deepEqual(outcome(new RetryLater(2_000, { spendsAttempt: false }), limit(1_000)), ['failed', 'attempts'])
    assert.deepEqual(outcome(new PermanentError('NO', 'no'), limit(0)), ['failed', 'permanent'])
    const late = outcomeOf({ error: new Error('dry'), attempt: 0, retry, nowMs: 0, random: 1, ...limit(1) })
    assert.equal(late.kind === 'failed' && late.error.message, 'too late: dry')
  })
})
