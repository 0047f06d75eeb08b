import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { systemClock, withDeadline } from './clock.ts'
import { defineErrors, isMillraceError } from './errors.ts'
import { isUuid, newId } from './ids.ts'
import { findProcess, isAlive, thisProcess } from './processes.ts'
import { integerSetting, parseSettings, textSetting, urlSetting } from './settings.ts'
import { TaskGroup } from './task-group.ts'

describe('an error', () => {
  const errors = defineErrors({
    MILLRACE_TEST_DRY: {
      says: (f: { cm: number }) => `the water stands at ${f.cm} cm`,
      remedy: 'Wait.',
      retryable: true,
    },
  })

  test('has a code, the actual values, a remedy and its cause', () => {
    const cause = new Error('no rain')
    const error = errors.MILLRACE_TEST_DRY({ cm: 3 }, cause)
    assert.deepEqual(
      [error.code, error.message, error.remedy, error.retryable, error.cause],
      ['MILLRACE_TEST_DRY', 'the water stands at 3 cm', 'Wait.', true, cause],
    )
    assert.ok(isMillraceError(error, 'MILLRACE_TEST_DRY') && !isMillraceError(error, 'MILLRACE_OTHER'))
  })

  test('cannot be declared twice', () => {
    const again = { MILLRACE_TEST_DRY: { says: () => '', remedy: '', retryable: false } }
    assert.throws(() => defineErrors(again), /declared twice/)
  })
})

describe('an id', () => {
  test('is a UUID of version 7, and sorts by its millisecond', () => {
    const ids = [1, 2, 1_700_000_000_000, 2 ** 48 - 1].map((ms) => newId(ms))
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.deepEqual([...ids].sort(), ids)
    assert.equal(new Set(Array.from({ length: 10_000 }, () => newId(5))).size, 10_000)
  })

  test('is told from other text', () => {
    assert.ok(isUuid(newId(0)))
    for (const text of ['', 'x', newId(0).toUpperCase(), `${newId(0)}0`, `{${newId(0)}}`])
      assert.ok(!isUuid(text), text)
  })
})

describe('settings', () => {
  const table = {
    SIZE: integerSetting({ about: '', min: 1, max: 10, fallback: 5 }),
    PLACE: urlSetting({ about: '', schemes: ['postgres'], fallback: undefined }),
    WORD: textSetting({ about: '', fallback: 'none' }),
  }

  test('take their fallback when absent or empty', () => {
    assert.deepEqual({ ...parseSettings(table, { SIZE: '' }) }, { SIZE: 5, PLACE: undefined, WORD: 'none' })
  })

  test('K2: are reported all together when they are wrong, and a secret is not shown', () => {
    const wrong = () => parseSettings(table, { SIZE: '1e9', PLACE: 'mysql://me:hunter2@db/x' })
    assert.throws(
      wrong,
      (error: Error) =>
        /SIZE=1e9: .*1 to 10/.test(error.message) &&
        /PLACE=\[hidden\]/.test(error.message) &&
        !/hunter2/.test(error.message),
    )
  })

  for (const text of ['0', '11', '-1', '+5', '0x5', '5.0', ' 5', '5 ', '１']) {
    test(`do not take ${JSON.stringify(text)} for a number from 1 to 10`, () => {
      assert.throws(() => parseSettings(table, { SIZE: text }))
    })
  }
})

describe('time', () => {
  test('a deadline gives up on work that does not end', async () => {
    const never = new Promise<never>(() => {})
    await assert.rejects(
      withDeadline(systemClock, 5, never, () => new Error('late')),
      /late/,
    )
    assert.equal(await withDeadline(systemClock, 1_000, Promise.resolve(7), () => new Error('late')), 7)
  })

  test('a sleeper is woken by its signal', async () => {
    const abort = new AbortController()
    const asleep = systemClock.sleep(60_000, abort.signal)
    abort.abort()
    await asleep
  })
})

test('a task group reports each failure once and waits for what was added meanwhile', async () => {
  const failures: string[] = []
  const group = new TaskGroup((error) => failures.push(error.message))
  let isDone = false
  const second = async (): Promise<void> => {
    await Promise.resolve()
    isDone = true
  }
  group.run(Promise.reject(new Error('first')).finally(() => group.run(second())))
  await group.settled()
  assert.deepEqual([failures, isDone, group.size], [['first'], true, 0])
})

test('a process is told from another that has its id', () => {
  const here = thisProcess()
  assert.ok(isAlive(here))
  assert.ok(!isAlive({ ...here, startedAt: 'another time' }))
  assert.equal(findProcess(2 ** 22 + 1), undefined)
})
