import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { CLAIM_COUNT_MAX } from '../queue/claim.ts'
import type { ClaimedJob } from '../queue/job.ts'
import { Feed, PREFETCH_MS, STRANDED_MS } from './feed.ts'

interface Lab {
  readonly feed: Feed
  now: number
  /** Ends the job that started first. */
  endOne(): Promise<void>
  readonly started: string[]
}

function lab(options: { concurrency?: number; isOneByOne?: boolean } = {}): Lab {
  const endings: (() => void)[] = []
  const made: Lab = {
    now: 0,
    started: [],
    async endOne() {
      endings.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
    feed: new Feed({
      queue: 'default',
      lane: 1,
      concurrency: options.concurrency ?? 2,
      isOneByOne: options.isOneByOne ?? false,
      monotonic: () => made.now,
      onFree: () => {},
      start: (job) => {
        made.started.push(job.id)
        return new Promise((resolve) => endings.push(resolve))
      },
    }),
  }
  return made
}

const jobs = (...ids: readonly string[]): readonly ClaimedJob[] => ids.map((id) => ({ id }) as ClaimedJob)

describe('a feed', () => {
  test('asks for its free slots at first, and for nothing ahead of what it has not measured', () => {
    assert.equal(lab({ concurrency: 5 }).feed.room, 5)
  })

  test('starts as many jobs as it has slots, in order, and the next as each ends', async () => {
    const l = lab()
    l.feed.add(jobs('a', 'b', 'c'))
    assert.deepEqual([l.started, l.feed.waiting], [['a', 'b'], 1])
    await l.endOne()
    assert.deepEqual(l.started, ['a', 'b', 'c'])
  })

  test('claims ahead as much as the measured jobs fit into PREFETCH_MS', async () => {
    const l = lab({ concurrency: 2 })
    l.feed.add(jobs('a'))
    l.now += PREFETCH_MS / 5
    await l.endOne()
    assert.equal(l.feed.room, 2 + 2 * 5)
  })

  test('claims nothing ahead of slow jobs, and never more than one claim holds', async () => {
    const slow = lab({ concurrency: 2 })
    slow.feed.add(jobs('a'))
    slow.now += 10_000
    await slow.endOne()
    assert.equal(slow.feed.room, 2)
    const fast = lab({ concurrency: 1_000 })
    fast.feed.add(jobs('a'))
    await fast.endOne()
    assert.equal(fast.feed.room, CLAIM_COUNT_MAX)
  })

  test('hands back what has waited while no slot became free', async () => {
    const l = lab({ concurrency: 1 })
    l.feed.add(jobs('slow', 'stranded'))
    l.now += STRANDED_MS - 1
    assert.deepEqual(l.feed.takeWaiting('stranded'), [])
    l.now += 1
    assert.deepEqual(
      l.feed.takeWaiting('stranded').map((job) => job.id),
      ['stranded'],
    )
    assert.deepEqual([l.feed.waiting, l.feed.room], [0, 0], 'and takes no more while all slots are held')
  })

  test('of a quarantine lane takes one job at a time', async () => {
    const l = lab({ concurrency: 1, isOneByOne: true })
    assert.equal(l.feed.room, 1)
    l.feed.add(jobs('a'))
    assert.equal(l.feed.room, 0)
    await l.endOne()
    assert.equal(l.feed.room, 1)
  })
})
