import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { packError, unpackError } from './cell-protocol.ts'
import { PermanentError, RetryLater } from './handler.ts'
import { adviceOf } from './retry-advice.ts'

const told = (facts: object) => Object.assign(new Error('busy'), facts)
const date = 'Wed, 21 Oct 2026 07:28:00 GMT'

describe('how long a remote service wants to be left alone is read from', () => {
  for (const [where, facts, retryAfter] of [
    ['retryAfterMs', { retryAfterMs: 1_500 }, { ms: 1_500 }],
    ['retryAfter in seconds', { retryAfter: 3 }, { ms: 3_000 }],
    ['retryAfter as text', { retryAfter: '3' }, { ms: 3_000 }],
    ['retryAfter as an HTTP date', { retryAfter: date }, { atMs: Date.parse(date) }],
    ['retryAfter as a Date', { retryAfter: new Date(7) }, { atMs: 7 }],
    ['headers as an object', { headers: { 'retry-after': '3' } }, { ms: 3_000 }],
    ['headers in any case', { headers: { 'Retry-After': ['3', '4'] } }, { ms: 3_000 }],
    ['headers of the web', { headers: new Headers({ 'Retry-After': '3' }) }, { ms: 3_000 }],
    ['the headers of a response', { response: new Response(null, { headers: { 'Retry-After': '3' } }) }, { ms: 3_000 }],
    [
      'the first of them that says anything',
      { retryAfter: 'soon', headers: { 'retry-after': date } },
      { atMs: Date.parse(date) },
    ],
  ] as const) {
    test(where, () => assert.deepEqual(adviceOf(told(facts), undefined), { retryAfter }))
  }

  for (const [what, facts] of [
    ['nothing', {}],
    ['what is no time', { retryAfter: 'soon', headers: { 'retry-after': '' }, response: null }],
    ['a time that is none', { retryAfterMs: Number.NaN, retryAfter: -1 }],
    ['headers that are none', { headers: 'retry-after: 3', response: { headers: 7 } }],
    [
      'headers that throw',
      {
        headers: {
          get: () => {
            throw new Error('strange')
          },
        },
      },
    ],
  ] as const) {
    test(`${what} says nothing`, () => assert.deepEqual(adviceOf(told(facts), undefined), {}))
  }
})

describe('the policy of a task', () => {
  const policy = (answer: unknown) => ({ forError: () => answer as never })

  test('is asked with the error itself', () => {
    const error = told({ status: 404 })
    const forError = (asked: Error) => (asked === error ? 'permanent' : undefined)
    assert.deepEqual(adviceOf(error, { forError }), { decision: 'permanent' })
  })

  test('is not asked when the handler has said itself what is to become of the job', () => {
    for (const error of [new PermanentError('NO', 'no'), new RetryLater(1)])
      assert.deepEqual(adviceOf(error, policy('retry')), {})
  })

  test('may answer nothing, nonsense, or throw: as if it had not been asked', () => {
    for (const answer of [undefined, null, 'never', {}, { afterMs: '5' }, Promise.resolve('retry')])
      assert.deepEqual(adviceOf(new Error('x'), policy(answer)), {})
    const forError = () => assert.fail('not today')
    assert.deepEqual(adviceOf(new Error('x'), { forError }), {})
  })
})

describe('on its way out of a cell an error keeps', () => {
  const through = (error: Error, forError?: () => 'permanent') =>
    unpackError(JSON.parse(JSON.stringify(packError(error, forError === undefined ? undefined : policy(forError)))))
  const policy = (forError: () => 'permanent') => ({ attempts: 1, firstDelayMs: 1, delayMsMax: 1, forError })

  test('what the policy and the remote service said', () => {
    const error = through(told({ retryAfter: 3 }), () => 'permanent')
    assert.deepEqual(adviceOf(error, undefined), { decision: 'permanent', retryAfter: { ms: 3_000 } })
  })

  test('when it is to be tried again', () => {
    const error = through(new RetryLater(1_500, { spendsAttempt: false, message: 'not ready' }))
    assert.ok(error instanceof RetryLater)
    assert.deepEqual([error.afterMs, error.spendsAttempt, error.message], [1_500, false, 'not ready'])
    assert.equal((through(new RetryLater(Number.POSITIVE_INFINITY)) as RetryLater).afterMs, Number.MAX_SAFE_INTEGER)
  })
})
