/** Bulk without end: what a submit of a great many jobs holds at a time. A million: `npm run bench:million`. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import { testQueue } from '../testing/test-worker.ts'

const JOBS = 100_000
/** Those of one statement. */
const BLOCK = 5_000
const TEXT_CHARS = 200
const MB = 1024 ** 2
/** Some blocks. All of the jobs are 40 MB and more. */
const GROWTH_BYTES_MAX = 15 * MB

const letter = task('letter', { input: z.object({ n: z.number(), text: z.string() }) })

/** The memory of JavaScript that is in use, without what nobody needs any more. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed
}

test('a hundred thousand jobs are submitted as one, told as they go, and held one block at a time', async (t) => {
  await using q = await testQueue([letter])
  let made = 0
  let unwrittenMax = 0
  const told: number[] = []
  const heap: number[] = []
  function* letters() {
    for (; made < JOBS; made += 1) {
      unwrittenMax = Math.max(unwrittenMax, made - (told.at(-1) ?? 0))
      // not the same text again and again, which would be held once
      yield { n: made, text: String(made).padStart(TEXT_CHARS, 'text ') }
    }
  }
  const onProgress = (count: number): void => {
    told.push(count)
    if (count % (5 * BLOCK) === 0) heap.push(heapInUse())
  }

  assert.equal(await q.submitAll(letter, letters(), { onProgress }), JOBS)
  assert.deepEqual(
    told,
    Array.from({ length: JOBS / BLOCK }, (_, n) => (n + 1) * BLOCK),
  )
  assert.ok(unwrittenMax <= BLOCK, `${unwrittenMax} were made before they were written`)
  const growth = Math.max(...heap) - (heap[0] ?? 0)
  t.diagnostic(`${(growth / MB).toFixed(1)} MB more after the first blocks`)
  assert.ok(growth < GROWTH_BYTES_MAX, `${growth} bytes more were in use`)
  const { rows } = await q.db.query(
    'select sum(count)::integer as jobs, count(distinct xid)::integer as xids from millrace.entry',
  )
  assert.deepEqual(rows, [{ jobs: JOBS, xids: 1 }])
})
