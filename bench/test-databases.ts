/**
 * `npm run bench:databases`: how long a test waits for a database of its own, in milliseconds of this machine. That it is a
 * small part of migrating one, wherever it runs, is a test (src/testing/test-database.test.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { testDatabase } from 'millrace/testing'
import { median, quantile } from './results.ts'

const DATABASES = 50
/** What a test between two databases takes: the next one is made meanwhile. */
const PAUSES_MS = [0, 100]

const first = performance.now()
const folder = await dataFolder()
console.log(`the first one, with the server and the template: ${shown(performance.now() - first)}`)
for (const pauseMs of PAUSES_MS) {
  const times: number[] = []
  for (let n = 0; n < DATABASES; n += 1) {
    await sleep(pauseMs)
    const began = performance.now()
    await using t = await testDatabase()
    await t.db.query('select')
    times.push(performance.now() - began)
  }
  const after = pauseMs === 0 ? 'one after the other' : `with ${pauseMs} ms between them`
  console.log(`${DATABASES} ${after}: median ${shown(median(times))}, 95th percentile ${shown(quantile(times, 0.95))}`)
}
console.log(`the server's data: ${folder}`)

/** Of the server, which is started by it. */
async function dataFolder(): Promise<string> {
  await using t = await testDatabase()
  const { rows } = await t.db.query<{ data_directory: string }>('show data_directory')
  return rows[0]?.data_directory ?? ''
}

function shown(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`
}
