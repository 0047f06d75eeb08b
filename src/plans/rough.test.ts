/** Handlers in the worker's own event loop that end it, block it or eat its memory: their neighbours lose no attempt. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startApp } from '../testing/started-app.ts'
import { until } from '../testing/until.ts'

const APP = fileURLToPath(new URL('fixture/rough-app.ts', import.meta.url))
const NEIGHBOURS = 12

interface Told {
  readonly status: string
  readonly attempt?: number
  readonly code?: string
}

describe('a handler that is not isolated', () => {
  for (const [how, isRefused] of [
    ['exit', true],
    ['eat', true],
    ['block', true],
    ['reject', false],
  ] as const) {
    test(`and ${how}s harms no other job's attempts`, async () => {
      await using app = await startApp(APP, {
        env: {
          BLOCKED_MS_MAX: '1500',
          LEASE_MS: '3000',
          NODE_OPTIONS: '--max-old-space-size=128',
          CELL_HEAP_MB_MAX: '96',
        },
      })
      const jobs = [...Array.from({ length: NEIGHBOURS }, () => ({ how: 'nothing' })), { how }]
      const answer = await fetch(`${app.url}/rough`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(jobs),
      })
      const ids = (await answer.json()) as readonly string[]
      const tell = async (id: string | undefined): Promise<Told> =>
        (await (await fetch(`${app.url}/operations/${id}`)).json()) as Told
      const ended = (id: string | undefined): Promise<Told> =>
        until(
          `${id} has ended`,
          async () => {
            const told = await tell(id)
            return ['scheduled', 'queued', 'running'].includes(String(told.status)) ? undefined : told
          },
          60_000,
        )
      for (const id of ids.slice(0, NEIGHBOURS)) {
        const told = await ended(id)
        assert.deepEqual([told.status, told.attempt], ['succeeded', 1])
      }
      const culprit = await ended(ids.at(-1))
      if (isRefused) assert.match(String(culprit.code), /MILLRACE_/, JSON.stringify(culprit))
      else assert.equal(culprit.status, 'succeeded')
    })
  }
})
