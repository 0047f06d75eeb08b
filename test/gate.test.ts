/** How `npm run bench:gate` judges; what it measures is run by itself. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bestOf } from '../bench/gate/best-of.ts'
import { type Bound, judge, readBounds, widened } from '../bench/gate/bounds.ts'

const because = 'a test'
const BOUNDS: readonly Bound[] = [
  { name: 'rate', atLeast: 0.8, because },
  { name: 'bytes', atMost: 40, because },
]

/** Answers these values, one after the other; the last one again and again. */
function measuring(name: string, values: readonly number[]) {
  let count = 0
  return {
    run: async () => new Map([[name, values[Math.min(count++, values.length - 1)] ?? Number.NaN]]),
    count: () => count,
  }
}

describe('the gate', () => {
  test('has a reason for each of its bounds, and some that need no peers', () => {
    const own = readBounds().filter(({ needsPeers }) => needsPeers !== true)
    assert.ok(own.length >= 10)
    assert.ok(own.every(({ name }) => !/pg-boss|graphile/.test(name)))
  })

  test('measures again only what broke a bound, and takes the best', async () => {
    const rate = measuring('rate', [0.5, 0.9, 0.1])
    const bytes = measuring('bytes', [39, 1])
    const measurings = [rate.run, bytes.run]
    const best = await bestOf({ bounds: BOUNDS, measurings, countMax: 3, hasTime: () => true })
    assert.deepEqual(
      [...best],
      [
        ['rate', 0.9],
        ['bytes', 39],
      ],
    )
    assert.deepEqual([rate.count(), bytes.count()], [2, 1])
  })

  test('gives up on a figure that is always bad, and when its time is over', async () => {
    const bytes = measuring('bytes', [60, 50, 70])
    const options = { bounds: BOUNDS, measurings: [bytes.run], countMax: 3 }
    const best = await bestOf({ ...options, hasTime: () => true })
    assert.deepEqual([best.get('bytes'), bytes.count()], [50, 3])
    await bestOf({ ...options, hasTime: () => false })
    assert.equal(bytes.count(), 4)
  })

  test('holds what was not measured to be broken, and widens bounds both ways', () => {
    const judged = judge(widened(BOUNDS, 2), new Map([['rate', 0.4]]))
    assert.deepEqual(
      judged.map(({ name, isBroken }) => [name, isBroken]),
      [
        ['rate', false],
        ['bytes', true],
      ],
    )
    assert.deepEqual([judged[0]?.atLeast, judged[1]?.atMost], [0.4, 80])
  })
})
