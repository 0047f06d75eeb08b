/** The examples of docs/queues.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queue, task } from 'millrace'
import { handler, handlers } from 'millrace/worker'
import { z } from 'zod'
import { testQueue } from '../../src/testing/test-worker.ts'
import { until } from '../../src/testing/until.ts'

const photo = z.object({ photoId: z.string() })
const ran: string[] = []

// example: declare
const renderPhoto = task('photo.render', { input: photo, queue: 'images' })
const checkPhoto = task('photo.check', { input: photo, queue: 'images', priority: 'low' })

const imports = queue('imports', { concurrency: 8 })
const importPhoto = task('photo.import', { input: photo, queue: imports })
// end of example

// example: partitions
const clicks = queue('clicks', { partitions: 4 })
// end of example
const countClick = task('click.count', { input: photo, queue: clicks })

const load = async () => ({ default: handler(renderPhoto, async ({ input }) => void ran.push(input.photoId)) })

function running() {
  // example: concurrency
  const running = handlers([{ task: renderPhoto, load }], { concurrency: { images: 2 } })
  // end of example
  return running
}

test('jobs of every priority are run, in queues that their tasks name', async () => {
  await using q = await testQueue([renderPhoto, checkPhoto, importPhoto])
  assert.deepEqual([...q.contract.queues.keys()], ['images', 'imports'])
  assert.equal(q.contract.queues.get('imports')?.policy.concurrency, 8)
  const { submit } = q
  const photoId = 'urgent'
  // example: priority
  await submit(renderPhoto, { photoId }, { priority: 'high' })
  // end of example
  await submit(renderPhoto, { photoId: 'later' }, { priority: 'low' })
  await q.work(running())
  await until('both have run', () => ran.length === 2)
  assert.deepEqual(ran.toSorted(), ['later', 'urgent'])
})

test('a queue may have partitions', async () => {
  await using q = await testQueue([countClick])
  assert.equal(q.lanes.get('clicks').partitions.normal.length, 4)
})

test('many jobs are submitted at once, all or none', async () => {
  await using q = await testQueue([renderPhoto, checkPhoto, importPhoto])
  const { submitMany, submitAll } = q
  async function* readIds() {
    for (let n = 0; n < 5_001; n++) yield { photoId: `p${n}` }
  }
  const told: number[] = []
  const console = { log: (text: string) => told.push(Number.parseInt(text, 10)) }
  // example: bulk
  const jobs = await submitMany(renderPhoto, [{ photoId: 'a' }, { photoId: 'b' }])
  const count = await submitAll(checkPhoto, readIds(), {
    onProgress: (written) => console.log(`${written} written`),
  })
  // end of example
  assert.deepEqual([jobs.length, count, told], [2, 5_001, [5_000, 5_001]])
  const { rows } = await q.db.query<{ jobs: number }>('select sum(count)::integer as jobs from millrace.entry')
  assert.equal(rows[0]?.jobs, 5_003)
})
