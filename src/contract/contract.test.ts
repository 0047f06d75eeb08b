import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { contractOf } from './contract.ts'
import { schedule } from './schedule.ts'
import { check, describeViolations, jsonSchemaOf } from './schema.ts'
import { task } from './task.ts'

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected
const input = z.object({ id: z.string() })

describe('a task', () => {
  test('has sensible policies without saying any', () => {
    const plain = task('plain', { input })
    assert.deepEqual(
      [plain.queue.name, plain.retry.attempts, plain.timeoutMs, plain.tracked],
      ['default', 5, 900_000, false],
    )
  })

  test('is tracked when it has a result, unless it says otherwise', () => {
    assert.equal(task('told', { input, output: z.object({}) }).tracked, true)
    assert.equal(task('untold', { input, output: z.object({}), tracked: false }).tracked, false)
  })

  for (const name of ['', 'Upper', '1st', 'a b', "a'; drop", 'x'.repeat(61), '__proto__', 'a\0']) {
    test(`cannot be called ${JSON.stringify(name.slice(0, 20))}, nor can its queue`, () => {
      assert.throws(() => task(name, { input }), code('MILLRACE_CONTRACT_NAME_INVALID'))
      assert.throws(() => task('fine', { input, queue: name }), code('MILLRACE_CONTRACT_NAME_INVALID'))
    })
  }

  for (const policies of [
    { retry: { attempts: 0 } },
    { retry: { attempts: 1e9 } },
    { retry: { firstDelayMs: -1 } },
    { retry: { firstDelayMs: 10, delayMsMax: 5 } },
    { timeoutMs: 0 },
    { timeoutMs: Number.NaN },
    { timeoutMs: 1e12 },
    { priority: 'highest' as never },
    { priority: -1 as never },
    { priority: 'constructor' as never },
  ]) {
    test(`V10: is refused with ${JSON.stringify(policies)}`, () => {
      assert.throws(() => task('fine', { input, ...policies }), code('MILLRACE_CONTRACT_POLICY_INVALID'))
    })
  }
})

describe('a schedule', () => {
  const work = task('work', { input })
  for (const [cron, zone] of [
    ['* * * *', 'UTC'],
    ['* * * * * *', 'UTC'],
    ['61 * * * *', 'UTC'],
    ['0 0 31 2 *', 'UTC'],
    ['0 0 * * *', 'Mars/Olympus'],
    ['', 'UTC'],
    [`${'0,'.repeat(10_000)}0 * * * *`, 'UTC'],
  ] as const) {
    test(`V9: is refused with ${JSON.stringify(cron.slice(0, 20))} in ${zone}`, () => {
      const declare = () => schedule('s', { cron, zone, task: work, input: { id: 'a' } })
      assert.throws(declare, code('MILLRACE_CONTRACT_CRON_INVALID'))
    })
  }
})

describe('a contract', () => {
  test('holds the tasks of its schedules and the queues of its tasks', () => {
    const nightly = task('nightly', { input, queue: 'batch' })
    const plan = schedule('s', { cron: '0 3 * * *', task: nightly, input: { id: 'a' } })
    const contract = contractOf({ tasks: [task('plain', { input })], schedules: [plan] })
    assert.deepEqual([...contract.tasks.keys()], ['plain', 'nightly'])
    assert.deepEqual([...contract.queues.keys()], ['batch', 'default'])
  })

  test('refuses two tasks of one name', () => {
    assert.throws(
      () => contractOf({ tasks: [task('same', { input }), task('same', { input })] }),
      code('MILLRACE_CONTRACT_NAME_TWICE'),
    )
  })
})

describe('a schema', () => {
  test('names every violation with a JSON pointer, as far as the bound', async () => {
    const checked = await check(z.object({ a: z.array(z.object({ 'b/c': z.number() })) }), { a: [{ 'b/c': 'x' }] })
    assert.ok(!checked.ok)
    assert.deepEqual(
      checked.violations.map((v) => v.path),
      ['/a/0/b~1c'],
    )
    assert.match(describeViolations(checked.violations), /^\/a\/0\/b~1c: /)
    const many = await check(
      z.array(z.number()),
      Array.from({ length: 1_000 }, () => 'x'),
    )
    assert.ok(!many.ok && many.violations.length === 20)
  })

  test('tells its JSON Schema, or anything where it has none', () => {
    assert.equal(jsonSchemaOf(input, 'input')['type'], 'object')
    assert.deepEqual(jsonSchemaOf(z.date(), 'input'), {})
  })
})
